import type { EnvironmentStatus as Word } from "@/api/types";
import type { Tone } from "./ui/Notice";
import { Status } from "./ui/Status";
import { environments as t } from "@/messages";

const TONES: Record<Word, Tone> = { PENDING: "warn", ACTIVE: "good", SUSPENDED: "plain", FAILED: "bad", DELETED: "plain" };

export function EnvironmentStatus({ status }: { status: Word }) {
  return (
    <Status tone={TONES[status]} moving={status === "PENDING"}>
      {t.status[status]}
    </Status>
  );
}
