import { toast } from "@/components/toast";
import { Confirm } from "@/components/ui/Confirm";
import { identityKeys } from "@/messages";
import type { Keys, useRotation } from "./queries";

const t = identityKeys.rotation;
export type Question = "switch" | "force" | "finish" | "rollback" | "discard";
const WORDS: Record<Question, { title: string; text: string }> = {
  switch: { title: t.switch.action, text: t.switch.text },
  force: { title: t.force, text: t.forceText },
  finish: { title: t.finish.action, text: `${t.finish.text} ${t.finishNote}` },
  rollback: { title: t.rollback.action, text: t.rollback.text },
  discard: { title: t.discard, text: t.discardText },
};
type Props = {
  question: Question | null;
  keys: Keys;
  rotation: ReturnType<typeof useRotation>;
  /** A restart has begun. */
  onOperation: (operationId: string) => void;
  onClose: () => void;
};

/** What each change does, before it is done. What the API refuses is shown on the page, where one can act on it. */
export function AskFirst({ question, keys, rotation, onOperation, onClose }: Props) {
  const { change, rollBack, finish, discard } = rotation;
  const then = { onSettled: onClose, onSuccess: ({ operationId }: { operationId: string }) => { onOperation(operationId); } };
  const answers: Record<Question, () => void> = {
    switch: () => { change.mutate(false, then); },
    force: () => { change.mutate(true, then); },
    rollback: () => { rollBack.mutate(undefined, then); },
    finish: () => { finish.mutate(undefined, { onSettled: onClose, onSuccess: () => { onOperation(""); toast(t.done.finish); } }); },
    discard: () => {
      if (keys.next) discard.mutate(keys.next.identityKeyId, { onSettled: onClose, onSuccess: () => { toast(t.done.discard); } });
    },
  };
  const busy = [change, rollBack, finish, discard].some((one) => one.isPending);
  const words = question ? WORDS[question] : WORDS.switch;
  return (
    <Confirm
      title={words.title}
      action={words.title}
      look={question === "switch" || question === "rollback" ? "first" : "danger"}
      open={question !== null}
      busy={busy}
      onConfirm={() => { if (question) answers[question](); }}
      onClose={onClose}
    >
      {words.text}
    </Confirm>
  );
}
