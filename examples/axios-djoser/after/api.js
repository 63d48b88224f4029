// The same app with @cartouche/client: no token in storage, no clock, one refresh for all tabs, and a sign-out that the server knows of.
import { createAuth } from "@cartouche/client";
import { withAuth } from "@cartouche/client/axios";
import axios from "axios";

const baseURL = `${import.meta.env.VITE_API}/auth`;

export const auth = createAuth({ baseUrl: baseURL });

export const api = withAuth(axios.create({ baseURL }), auth);
