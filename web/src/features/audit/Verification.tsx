import { useQuery } from "@tanstack/react-query";
import { ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import type { AuditVerificationView, Membership } from "@/api/types";
import { CodeBlock, Copyable } from "@/components/ui/Copyable";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Fact, Facts } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Time } from "@/components/ui/Time";
import { audit } from "@/messages";
import { verificationQuery } from "./queries";

const t = audit.chain;

/** Whether what one reads here is what was sealed. */
export function Verification({ account: { accountId } }: { account: Membership }) {
  const { data, error, refetch } = useQuery(verificationQuery(accountId));
  if (error) return <ErrorNotice error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-12 rounded-xl" />;
  const [Icon, look, words] = verdict(data);
  const key = data.keys.at(-1)?.publicKey;
  return (
    <details className="panel group">
      <summary className={`flex min-h-12 list-none items-center gap-3 rounded-xl px-4 py-2.5 ${look}`}>
        <Icon size={18} aria-hidden className="shrink-0" />
        <span className="min-w-0 flex-1">{words}</span>
        <span className="text-sm underline-offset-2 group-hover:underline max-sm:sr-only">{t.details}</span>
      </summary>
      <div className="grid gap-4 p-5">
        <Facts>
          <Fact name={t.verified}>{data.verifiedAt ? <Time at={data.verifiedAt} /> : t.none}</Fact>
          <Fact name={t.checkpoint}>
            {data.checkpoint ? <span>{t.checkpointAt(data.checkpoint.sequence)}, <Time at={data.checkpoint.at} /></span> : t.none}
          </Fact>
          {key && <Fact name={t.key}><Copyable text={key} what={t.key} /></Fact>}
        </Facts>
        {key && (
          <>
            <p className="text-soft">{t.how}</p>
            <CodeBlock text={t.command(key)} what={t.details} />
          </>
        )}
      </div>
    </details>
  );
}

function verdict({ intact, finding, rows, total }: AuditVerificationView): [typeof ShieldCheck, string, string] {
  if (intact === null) return [ShieldQuestion, "", t.unknown];
  if (!intact) return [ShieldAlert, "bg-bad-back text-bad", `${t.broken} ${finding?.message ?? ""}`];
  return [ShieldCheck, "text-good", rows < total ? t.partly(rows, total) : t.intact(rows)];
}
