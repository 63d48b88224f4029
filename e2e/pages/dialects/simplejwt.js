// axios interceptors that read the ends of both tokens, refresh ahead, keep the rotated refresh token, and sign out on a 401.
import axios from "/vendor/axios.js";
import { jwtDecode } from "/vendor/jwt-decode.js";

const over = (token) => jwtDecode(token).exp * 1000 < Date.now();

export function open(api) {
  let tokens = JSON.parse(localStorage.getItem("tokens") ?? "null");
  const http = axios.create({ baseURL: `${api}/auth/` });
  function keep(fresh) {
    tokens = fresh;
    if (fresh) localStorage.setItem("tokens", JSON.stringify(fresh));
    else localStorage.removeItem("tokens");
  }

  http.interceptors.request.use(async (config) => {
    if (tokens && over(tokens.refresh)) keep(null);
    if (tokens && over(tokens.access))
      keep((await axios.post(`${api}/auth/token/refresh/`, { refresh: tokens.refresh })).data);
    if (tokens) config.headers.Authorization = `Bearer ${tokens.access}`;
    return config;
  });
  http.interceptors.response.use(
    (answer) => answer,
    (error) => {
      if (error.response?.status === 401) keep(null);
      throw error;
    },
  );

  async function whoami() {
    try {
      return (await http.get("users/me/")).data.username;
    } catch (error) {
      if (error.response?.status === 401) return null;
      throw error;
    }
  }

  return {
    whoami,
    async signIn({ username, password }) {
      try {
        keep((await axios.post(`${api}/auth/token/`, { username, password })).data);
      } catch {
        return "refused";
      }
      return whoami();
    },
    async signOut() {
      await axios.post(`${api}/auth/token/blacklist/`, { refresh: tokens.refresh });
      keep(null);
      return whoami();
    },
  };
}
