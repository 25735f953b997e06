import { defineConfig } from "vitest/config";

// Where `npm run dev` finds the API: a foster on its default port, or the mock server.
const backend = process.env["FOSTER_URL"] ?? "http://127.0.0.1:19999";

export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // dist/ is embedded into the Go binary: every asset is a file with a hashed name, so that the server can mark
    // it immutable and a Content-Security-Policy without data: and inline scripts holds. dist/.gitkeep comes from public/.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      "/api": backend,
      "^/host/[^/]+/api/": backend,
      "/prometheus": backend,
    },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/unit/**/*.test.ts", "tests/unit/**/*.test.tsx"],
  },
});
