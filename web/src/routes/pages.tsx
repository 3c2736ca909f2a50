import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Navigate, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { asApiError } from "@/api/errors";
import { arriving } from "@/api/reload";
import { meQuery } from "@/api/session";
import type { Environment, Membership } from "@/api/types";
import { NotFound } from "@/components/shell/NotFound";
import type { Mounted } from "@/components/section";
import { buttonLook } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice } from "@/components/ui/Notice";
import { Skeleton, SkeletonLines } from "@/components/ui/Skeleton";
import { environmentQuery } from "@/features/environments/queries";
import { remember, remembered } from "@/lib/storage";
import { accounts as accountMessages, environments, operator, shell } from "@/messages";
import { Frame } from "./Frame";
import { accountSections, environmentSections, operatorSections } from "./sections";

const NewAccount = lazy(arriving(() => import("@/features/accounts/NewAccountPage")));
const Offers = lazy(arriving(() => import("@/features/members/Offers")));
const Mail = lazy(arriving(() => import("@/features/operator/MailPage")));
const NewEnvironment = lazy(arriving(() => import("@/features/environments/NewEnvironmentPage")));
const LAST = "account";

export function Coming() {
  return (
    <div className="grid gap-6">
      <Skeleton className="h-7 w-56" />
      <SkeletonLines />
    </div>
  );
}

/** The account one was in last: where one is at home on pages that belong to none. */
function useLastAccount(): Membership | undefined {
  const { accounts } = useSuspenseQuery(meQuery).data;
  return accounts.find(({ accountId }) => accountId === remembered(LAST)) ?? accounts[0];
}

/** To the account one was in last; whoever has none begins with one. */
export function HomeRoute() {
  const last = useLastAccount();
  if (!last) return <Navigate to="/accounts/new" replace />;
  return <Navigate to="/accounts/$accountId/environments" params={{ accountId: last.accountId }} replace />;
}

function useToAccount(): (accountId: string) => void {
  const navigate = useNavigate();
  return (accountId) => void navigate({ to: "/accounts/$accountId/environments", params: { accountId } });
}

export function NewAccountRoute() {
  const toAccount = useToAccount();
  return (
    <Frame account={useLastAccount()} crumbs={[{ label: accountMessages.new, to: "/accounts/new" }]}>
      <Suspense fallback={<Coming />}>
        <Offers onJoined={toAccount} />
        <NewAccount onCreated={toAccount} />
      </Suspense>
    </Frame>
  );
}

function useAccount(): Membership | undefined {
  const { accountId } = useParams({ strict: false });
  const { accounts } = useSuspenseQuery(meQuery).data;
  const account = accounts.find((one) => one.accountId === accountId);
  useEffect(() => {
    if (account) remember(LAST, account.accountId);
  }, [account]);
  return account;
}

function accountCrumbs(account: Membership) {
  const base = `/accounts/${account.accountId}`;
  return { base, crumbs: [{ label: account.name, to: `${base}/environments` }] };
}

/** `children` for a member; what else is the case, otherwise. */
function InAccount({ account, children }: { account: Membership | undefined; children: (account: Membership) => ReactNode }) {
  if (!account) return <Frame><NotFound /></Frame>;
  if (!account.secondFactorRequired) return children(account);
  return (
    <Frame account={account} {...accountCrumbs(account)}>
      <Notice tone="warn" action={<a href="/account/security" className={buttonLook()}>{shell.secondFactor.action}</a>}>
        {shell.secondFactor.text(account.name)}
      </Notice>
    </Frame>
  );
}

function Section<Props extends object>({ sections, path, props }: { sections: Mounted<Props>[]; path: string | undefined; props: Props }) {
  const found = sections.find((section) => section.path === path);
  if (!found) return <NotFound />;
  return (
    <Suspense fallback={<Coming />}>
      <found.Component {...props} />
    </Suspense>
  );
}

export function AccountRoute() {
  const { section = "environments" } = useParams({ strict: false });
  const toAccount = useToAccount();
  const known = accountSections.find(({ path }) => path === section);
  return (
    <InAccount account={useAccount()}>
      {(account) => {
        const { base, crumbs } = accountCrumbs(account);
        return (
          <Frame account={account} crumbs={known ? [...crumbs, { label: known.label, to: `${base}/${known.path}` }] : crumbs}>
            {section === "environments" && (
              <Suspense fallback={null}>
                <Offers onJoined={toAccount} />
              </Suspense>
            )}
            <Section key={account.accountId} sections={accountSections} path={section} props={{ account }} />
          </Frame>
        );
      }}
    </InAccount>
  );
}

export function NewEnvironmentRoute() {
  const navigate = useNavigate();
  return (
    <InAccount account={useAccount()}>
      {(account) => {
        const { accountId } = account;
        const { base, crumbs } = accountCrumbs(account);
        return (
          <Frame account={account} crumbs={[...crumbs, { label: environments.new, to: `${base}/environments/new` }]}>
            <Suspense fallback={<Coming />}>
              <NewEnvironment
                account={account}
                onCreated={({ environmentId, operationId: operation }) =>
                  void navigate({
                    to: "/accounts/$accountId/environments/$environmentId/$section",
                    params: { accountId, environmentId, section: "connect" },
                    search: { operation },
                  })
                }
              />
            </Suspense>
          </Frame>
        );
      }}
    </InAccount>
  );
}

export function EnvironmentRoute() {
  return <InAccount account={useAccount()}>{(account) => <InEnvironment account={account} />}</InAccount>;
}

function InEnvironment({ account }: { account: Membership }) {
  const { environmentId = "", section = "overview" } = useParams({ strict: false });
  const { data: environment, error, refetch } = useQuery(environmentQuery(account.accountId, environmentId));
  const { base, crumbs } = accountCrumbs(account);
  const missing = !environment && error && asApiError(error).status === 404;
  return (
    <Frame account={account} environment={environment} environmentId={missing ? undefined : environmentId} section={section} crumbs={[...crumbs, ...environmentCrumbs(base, environment, section)]}>
      {missing && <NotFound />}
      {error && !missing && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!environment && !error && <Coming />}
      {environment && <Section key={environment.environmentId} sections={environmentSections} path={section} props={{ account, environment }} />}
    </Frame>
  );
}

function environmentCrumbs(base: string, environment: Environment | undefined, section: string) {
  if (!environment) return [];
  const here = `${base}/environments/${environment.environmentId}`;
  const known = environmentSections.find(({ path }) => path === section);
  const first = { label: environment.name, to: here };
  return known ? [first, { label: known.label, to: `${here}/${known.path}` }] : [first];
}

export function OperatorRoute() {
  const { section } = useParams({ strict: false });
  const { user } = useSuspenseQuery(meQuery).data;
  const known = user.operator && operatorSections.find(({ path }) => path === section);
  const first = { label: shell.operatorGroup, to: "/operator" };
  return (
    <Frame account={useLastAccount()} crumbs={known ? [first, { label: known.label, to: `/operator/${known.path}` }] : [first]}>
      {user.operator ? <Section sections={operatorSections} path={section} props={{}} /> : <NotFound />}
    </Frame>
  );
}

/** Everybody's own mail; operators find all of it in their pages, too. */
export function MailRoute() {
  return (
    <Frame account={useLastAccount()} crumbs={[{ label: operator.mail.title, to: "/mail" }]}>
      <Suspense fallback={<Coming />}>
        <Mail />
      </Suspense>
    </Frame>
  );
}
