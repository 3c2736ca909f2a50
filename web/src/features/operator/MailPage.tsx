import { Mail } from "lucide-react";
import type { MessageView } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice, type Tone } from "@/components/ui/Notice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Status } from "@/components/ui/Status";
import { RelativeTime } from "@/components/ui/Time";
import { common, operator } from "@/messages";
import { useMail } from "./queries";

const t = operator.mail;
const TONES: Record<MessageView["status"], Tone> = { queued: "warn", sent: "good", failed: "bad", kept: "plain" };

export default function MailPage() {
  const { items, error, refetch, more, loadingMore } = useMail();
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!items && !error && <Skeleton className="h-48 rounded-xl" />}
      {items?.length === 0 && <EmptyState icon={Mail} title={t.empty.title}>{t.empty.text}</EmptyState>}
      {items && items.length > 0 && (
        <div className="panel overflow-hidden">
          {items.map((message) => <Message key={message.messageId} message={message} />)}
          {more && (
            <div className="p-2 text-center">
              <Button look="bare" size="small" busy={loadingMore} onClick={more}>{common.loadMore}</Button>
            </div>
          )}
        </div>
      )}
    </Page>
  );
}

function Message({ message: { to, subject, status, createdAt, error, text } }: { message: MessageView }) {
  return (
    <details className="border-b border-line last:border-0">
      <summary className="flex list-none flex-wrap items-center gap-x-4 gap-y-1 px-5 py-3 hover:bg-over/50">
        <span className="grid min-w-0 flex-1 basis-60">
          <span className="font-medium">{subject}</span>
          <span className="text-sm text-soft">{t.to(to)}</span>
        </span>
        <span className="text-sm text-soft"><RelativeTime at={createdAt} /></span>
        <Status tone={TONES[status]}>{t.status[status]}</Status>
      </summary>
      <div className="grid gap-3 px-5 pb-4">
        {error && <Notice tone="bad">{error}</Notice>}
        {text === null ? <p className="text-soft">{t.gone}</p> : <Text subject={subject} text={text} />}
      </div>
    </details>
  );
}

/** Plain text in which addresses of this plane can be followed; others are shown and not linked. */
function Text({ subject, text }: { subject: string; text: string }) {
  const parts = text.split(/(https?:\/\/\S+)/);
  return (
    <pre tabIndex={0} role="region" aria-label={t.text(subject)} className="overflow-x-auto rounded-lg border border-line bg-code p-4 font-mono text-sm whitespace-pre-wrap">
      {parts.map((part, index) =>
        index % 2 && URL.canParse(part) && new URL(part).origin === location.origin ? (
          <a key={index} href={part} className="text-accent underline">{part}</a>
        ) : (
          part
        ),
      )}
    </pre>
  );
}
