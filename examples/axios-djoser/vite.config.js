import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  define: { "import.meta.env.VITE_API": JSON.stringify(process.env.CARTOUCHE_URL ?? "http://localhost:8080") },
  build: { rollupOptions: { input: ["before/index.html", "after/index.html"] } },
  server: { host: "localhost", port: 3000, strictPort: true },
  preview: { host: "localhost", port: 3000, strictPort: true },
});
