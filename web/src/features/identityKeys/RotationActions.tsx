import type { ReactNode } from "react";
import type { Membership } from "@/api/types";
import { PermittedButton } from "@/components/Permitted";
import { toast } from "@/components/toast";
import { identityKeys } from "@/messages";
import type { Question } from "./AskFirst";
import type { Keys, useRotation } from "./queries";

const t = identityKeys.rotation;
type Props = {
  account: Membership;
  keys: Keys;
  rotation: ReturnType<typeof useRotation>;
  /** A restart is under way. */
  busy: boolean;
  checked: boolean;
  /** The switch was refused: offer to switch all the same. */
  force: boolean;
  ask: (question: Question) => void;
};

/** What can be done next, the main thing first. */
export function RotationActions({ account, keys, rotation, busy, checked, force, ask }: Props) {
  const manage = { account, permission: "identity_key:manage" as const, disabled: busy };
  if (keys.previous)
    return (
      <Row>
        <PermittedButton {...manage} look="first" onClick={() => { ask("finish"); }}>{t.finish.action}</PermittedButton>
        <PermittedButton {...manage} onClick={() => { ask("rollback"); }}>{t.rollback.action}</PermittedButton>
      </Row>
    );
  if (!keys.next)
    return (
      <Row text={t.publish.text}>
        <PermittedButton {...manage} look="first" busy={rotation.publish.isPending} onClick={() => { rotation.publish.mutate(undefined, { onSuccess: () => { toast(t.done.publish); } }); }}>
          {t.publish.action}
        </PermittedButton>
      </Row>
    );
  return (
    <Row>
      <PermittedButton account={account} permission="service:preflight" look={checked ? "quiet" : "first"} busy={rotation.check.isPending} onClick={() => { rotation.check.mutate(); }}>
        {checked ? t.checkAgain : t.check}
      </PermittedButton>
      <PermittedButton {...manage} look={checked ? "first" : "quiet"} busy={rotation.change.isPending} onClick={() => { ask("switch"); }}>
        {t.switch.action}
      </PermittedButton>
      {force && <PermittedButton {...manage} onClick={() => { ask("force"); }}>{t.force}</PermittedButton>}
      <PermittedButton {...manage} look="bare" onClick={() => { ask("discard"); }}>{t.discard}</PermittedButton>
    </Row>
  );
}

function Row({ text, children }: { text?: string; children: ReactNode }) {
  return (
    <div className="grid gap-3">
      {text && <p className="text-pretty text-soft">{text}</p>}
      <div className="flex flex-wrap gap-2">{children}</div>
    </div>
  );
}
