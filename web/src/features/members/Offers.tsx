import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice } from "@/components/ui/Notice";
import { members } from "@/messages";
import { useAccept, useDecline, useJoin, useOffers } from "./queries";

const t = members.offers;

/** Invitations by mail, and accounts that let people of one's domain in. */
export default function Offers({ onJoined }: { onJoined: (accountId: string) => void }) {
  const { invitations, joinable } = useOffers();
  const accept = useAccept();
  const decline = useDecline();
  const join = useJoin();
  const error = accept.error ?? decline.error ?? join.error;
  const joined = (accountId: string, name: string) => {
    toast(t.joined(name));
    onJoined(accountId);
  };
  if (!invitations.length && !joinable.length && !error) return null;
  return (
    <section aria-label={t.title} className="mb-6 grid gap-2">
      {error && <ErrorNotice error={error} />}
      {invitations.map(({ invitationId, accountId, accountName, role, invitedBy }) => (
        <Notice
          key={invitationId}
          action={
            <span className="flex gap-2">
              <Button size="small" aria-label={t.declineOf(accountName)} busy={decline.isPending} onClick={() => { decline.mutate(invitationId, { onSuccess: () => { toast(t.declined); } }); }}>
                {t.decline}
              </Button>
              <Button
                size="small"
                look="first"
                aria-label={t.joinOf(accountName)}
                busy={accept.isPending}
                onClick={() => { accept.mutate(invitationId, { onSuccess: () => { joined(accountId, accountName); } }); }}
              >
                {t.join}
              </Button>
            </span>
          }
        >
          {t.invited(invitedBy, accountName, role)}
        </Notice>
      ))}
      {joinable.map(({ accountId, name, domain, role }) => (
        <Notice
          key={accountId}
          action={
            <Button size="small" look="first" aria-label={t.joinOf(name)} busy={join.isPending} onClick={() => { join.mutate(accountId, { onSuccess: () => { joined(accountId, name); } }); }}>
              {t.join}
            </Button>
          }
        >
          {t.joinable(name, domain, role)}
        </Notice>
      ))}
    </section>
  );
}
