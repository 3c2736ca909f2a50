import { Link } from "@tanstack/react-router";
import { may } from "@/api/session";
import type { Environment, Membership } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Panel } from "@/components/ui/Page";
import { RelativeTime } from "@/components/ui/Time";
import { common, environments as t } from "@/messages";
import { useRestore } from "./changes";

/** Those that can still be brought back. */
export function DeletedEnvironments({ account, environments }: { account: Membership; environments: Environment[] }) {
  return (
    <Panel title={t.deleted.title} lead={t.deleted.lead}>
      <ul className="grid gap-3">
        {environments.map((environment) => (
          <Deleted key={environment.environmentId} account={account} environment={environment} />
        ))}
      </ul>
    </Panel>
  );
}

function Deleted({ account, environment }: { account: Membership; environment: Environment }) {
  const { accountId, environmentId, name, purgeAt } = environment;
  const restore = useRestore(environment, () => { toast(t.deleted.restoring(name)); });
  const permitted = may(account, "environment:delete");
  return (
    <li className="grid gap-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <span className="min-w-0">
          <Link
            to="/accounts/$accountId/environments/$environmentId/$section"
            params={{ accountId, environmentId, section: "settings" }}
            className="font-medium hover:underline"
          >
            {name}
          </Link>
          {purgeAt && (
            <span className="block text-sm text-soft">
              {t.deleted.until} <RelativeTime at={purgeAt} />
            </span>
          )}
        </span>
        <Button
          size="small"
          aria-label={`${t.deleted.restore} ${name}`}
          busy={restore.isPending}
          disabled={!permitted}
          title={permitted ? undefined : common.notPermitted(account.role)}
          onClick={() => { restore.mutate(); }}
        >
          {t.deleted.restore}
        </Button>
      </div>
      {restore.error && <ErrorNotice error={restore.error} />}
    </li>
  );
}
