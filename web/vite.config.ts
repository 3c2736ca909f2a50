import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a plane: `script/up` listens here unless CONTROLPLANE_PORT_BASE says otherwise. */
const plane = `http://127.0.0.1:${process.env.CONTROLPLANE_PORT_BASE ?? "8000"}`;
const theirs = ["/api", "/login", "/signup", "/account", "/assets"];

export default defineConfig({
  base: "/console/",
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: Object.fromEntries(theirs.map((path) => [path, plane])) },
  build: {
    outDir: "dist.part",
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    // The policy has no data: for fonts and styles; small pictures are files like the others.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    isolate: false,
    testTimeout: 30_000,
  },
});
