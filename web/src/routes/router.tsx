import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, Outlet, redirect } from "@tanstack/react-router";
import { meQuery } from "@/api/session";
import { Broken } from "@/components/shell/Broken";
import { CommandMenu } from "@/components/shell/CommandMenu";
import { NotFound } from "@/components/shell/NotFound";
import { Toasts } from "@/components/shell/Toasts";
import { AccountRoute, Coming, EnvironmentRoute, HomeRoute, MailRoute, NewAccountRoute, NewEnvironmentRoute, OperatorRoute } from "./pages";
import { operatorSections } from "./sections";

type Search = Record<string, unknown>;

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  // What a page keeps in its address is the page's own (components/useUrlState).
  validateSearch: (search: Search): Search => search,
  beforeLoad: ({ context }) => context.queries.ensureQueryData(meQuery).then(() => undefined),
  component: () => (
    <>
      <Outlet />
      <CommandMenu />
      <Toasts />
    </>
  ),
});

const account = createRoute({ getParentRoute: () => root, path: "/accounts/$accountId" });
const environment = createRoute({ getParentRoute: () => account, path: "/environments/$environmentId" });

const tree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: "/", component: HomeRoute }),
  createRoute({ getParentRoute: () => root, path: "/accounts/new", component: NewAccountRoute }),
  createRoute({ getParentRoute: () => root, path: "/mail", component: MailRoute }),
  createRoute({
    getParentRoute: () => root,
    path: "/operator",
    beforeLoad: () => {
      throw redirect({ to: "/operator/$section", params: { section: operatorSections[0]?.path ?? "" }, replace: true });
    },
  }),
  createRoute({ getParentRoute: () => root, path: "/operator/$section", component: OperatorRoute }),
  account.addChildren([
    createRoute({
      getParentRoute: () => account,
      path: "/",
      beforeLoad: ({ params }) => {
        throw redirect({ to: "/accounts/$accountId/environments", params, replace: true });
      },
    }),
    createRoute({ getParentRoute: () => account, path: "/$section", component: AccountRoute }),
    createRoute({ getParentRoute: () => account, path: "/environments", component: AccountRoute }),
    createRoute({ getParentRoute: () => account, path: "/environments/new", component: NewEnvironmentRoute }),
    environment.addChildren([
      createRoute({
        getParentRoute: () => environment,
        path: "/",
        beforeLoad: ({ params }) => {
          throw redirect({
            to: "/accounts/$accountId/environments/$environmentId/$section",
            params: { ...params, section: "overview" },
            replace: true,
          });
        },
      }),
      createRoute({ getParentRoute: () => environment, path: "/$section", component: EnvironmentRoute }),
    ]),
  ]),
]);

export function newRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: "/console",
    context: { queries },
    scrollRestoration: true,
    defaultPendingComponent: Coming,
    defaultErrorComponent: Broken,
    defaultNotFoundComponent: NotFound,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
