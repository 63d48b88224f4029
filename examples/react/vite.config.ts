import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The app and the API share one origin, as they would behind one proxy in production: no CORS, and cookies of the strictest kind.
const target = process.env.CARTOUCHE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { host: "localhost", port: 5173, strictPort: true, proxy: { "/auth": target } },
  preview: { host: "localhost", port: 5173, strictPort: true, proxy: { "/auth": target } },
});
