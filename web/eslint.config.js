import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Folders from the bottom up; a file imports its own folder by `./`, lower ones by `@/`, and nothing above. */
const LAYERS = ["lib", "messages", "api", "components", "features", "routes"];

function layer(name, index) {
  const above = LAYERS.slice(index + 1).map((one) => `@/${one}/**`);
  const groups = [
    { group: ["../**"], message: "Import other folders by @/…: the layer rule reads it there." },
    { regex: "^zod(/|$)", message: "Import z from @/lib/zod: it is set up for our Content-Security-Policy." },
  ];
  if (above.length) groups.push({ group: above, message: `src/${name} may import ${["itself", ...LAYERS.slice(0, index)].join(", ")}.` });
  if (name === "features")
    groups.push({ group: ["@/features/**"], message: "Features never import features; pass it in from src/routes." });
  return { files: [`src/${name}/**/*.{ts,tsx}`], rules: { "no-restricted-imports": ["error", { patterns: groups }] } };
}

export default tseslint.config(
  { ignores: ["dist/", "dist.part/", "src/api/schema.gen.ts"] },
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  { files: ["src/**/*.{ts,tsx}"], ...hooks.configs.flat["recommended-latest"] },
  {
    files: ["**/*.{ts,tsx,js,mjs}"],
    rules: {
      "max-lines": ["error", { max: 250, skipBlankLines: false, skipComments: false }],
      "max-lines-per-function": ["warn", { max: 80, skipBlankLines: true }],
      "no-console": "error",
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-definitions": "off",
      "no-restricted-globals": ["error", { name: "fetch", message: "Ask through @/api: errors and sign-in are handled there." }],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text is text; nothing is set as HTML." },
        { selector: "JSXAttribute[name.name='autoFocus']", message: "Use the dialog's own focus; autoFocus moves readers of screens." },
      ],
    },
  },
  ...LAYERS.map(layer),
  { files: ["src/lib/zod.ts"], rules: { "no-restricted-imports": "off" } },
);
