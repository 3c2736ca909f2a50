import type { Sample } from "@/components/ui/CodeTabs";
import type { Provider } from "@/api/types";
import { workloads as t } from "@/messages";

type Use = { plane: string; environmentId: string; audience: string };

/** Of a rule for one platform its job, for any other issuer both: registers a deployment without a stored secret (docs/ci.md). */
export function snippets(provider: Provider, use: Use): Sample[] {
  const all = [
    { name: "github", label: t.providers.github, text: github(use) },
    { name: "gitlab", label: t.providers.gitlab, text: gitlab(use) },
  ];
  return all.filter(({ name }) => provider === "oidc" || name === provider);
}

/** Between double quotes of a shell, in a workflow: anybody who manages rules chooses the audience, and others copy this. */
function inQuotes(text: string): string {
  // Apart from what follows: GitHub looks for `${{` before any shell does.
  return text.replaceAll(/[\\"`]/g, "\\$&").replaceAll("$", '\\$$""');
}

/** As a value in YAML, in which GitLab would put variables. */
function asValue(text: string): string {
  return /^[\w/][\w./:@+~-]*$/.test(text) ? text : `'${text.replaceAll("'", "''").replaceAll("$", "$$$$")}'`;
}

function github({ plane, environmentId, audience }: Use): string {
  return `name: deploy
on: {push: {branches: [main]}}
permissions: {id-token: write, contents: read}
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      PLANE: ${plane}
      ENVIRONMENT: ${environmentId}
    steps:
      - name: Register the deployment
        run: |
          id_token=$(curl -fsS -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" --get "$ACTIONS_ID_TOKEN_REQUEST_URL" \\
            --data-urlencode "audience=${inQuotes(audience)}" | sed 's/.*"value": *"\\([^"]*\\)".*/\\1/')
          answer=$(curl -sS --fail-with-body --retry 5 "$PLANE/oauth2/token" --data-urlencode "subject_token=$id_token" \\
            -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\
            -d subject_token_type=urn:ietf:params:oauth:token-type:id_token -d "audience=$ENVIRONMENT") || { echo "$answer"; exit 1; }
          export RESTATE_AUTH_TOKEN=$(echo "$answer" | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
          echo "::add-mask::$RESTATE_AUTH_TOKEN"
          export RESTATE_ADMIN_URL=$(echo "$answer" | sed 's/.*"admin_url": *"\\([^"]*\\)".*/\\1/')
          npx --yes @restatedev/restate deployments register --yes "$SERVICE_URL"`;
}

function gitlab({ plane, environmentId, audience }: Use): string {
  return `deploy:
  image: node:24
  rules: [{if: $CI_COMMIT_BRANCH == "main"}]
  id_tokens:
    RESTATE_ID_TOKEN:
      aud: ${asValue(audience)}
  variables:
    PLANE: ${plane}
    ENVIRONMENT: ${environmentId}
  script:
    - |
      answer=$(curl -sS --fail-with-body --retry 5 "$PLANE/oauth2/token" --data-urlencode "subject_token=$RESTATE_ID_TOKEN" \\
        -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\
        -d subject_token_type=urn:ietf:params:oauth:token-type:id_token -d "audience=$ENVIRONMENT") || { echo "$answer"; exit 1; }
      export RESTATE_AUTH_TOKEN=$(echo "$answer" | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
      export RESTATE_ADMIN_URL=$(echo "$answer" | sed 's/.*"admin_url": *"\\([^"]*\\)".*/\\1/')
      npx --yes @restatedev/restate deployments register --yes "$SERVICE_URL"`;
}
