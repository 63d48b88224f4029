// What many front ends of a Django API look like: both tokens in localStorage, and interceptors that refresh.
import axios from "axios";
import { jwtDecode } from "jwt-decode";

const baseURL = `${import.meta.env.VITE_API}/auth`;

export const api = axios.create({ baseURL });

export async function signIn(username, password) {
  const { data } = await axios.post(`${baseURL}/token/`, { username, password });
  localStorage.setItem("access", data.access);
  localStorage.setItem("refresh", data.refresh);
}

export function signOut() {
  localStorage.removeItem("access");
  localStorage.removeItem("refresh");
}

export function isSignedIn() {
  const refresh = localStorage.getItem("refresh");
  return refresh !== null && jwtDecode(refresh).exp > Date.now() / 1000;
}

async function refreshTokens() {
  const { data } = await axios.post(`${baseURL}/token/refresh/`, { refresh: localStorage.getItem("refresh") });
  localStorage.setItem("access", data.access);
  if (data.refresh) localStorage.setItem("refresh", data.refresh);
}

api.interceptors.request.use(async (config) => {
  const access = localStorage.getItem("access");
  if (access && jwtDecode(access).exp < Date.now() / 1000) await refreshTokens();
  config.headers.Authorization = `Bearer ${localStorage.getItem("access")}`;
  return config;
});

api.interceptors.response.use(undefined, async (error) => {
  if (error.response?.status !== 401 || error.config.again) throw error;
  try {
    await refreshTokens();
  } catch (refused) {
    signOut();
    location.reload();
    throw refused;
  }
  return api({ ...error.config, again: true });
});
