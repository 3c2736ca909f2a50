import type { Preflight, PreflightResult } from "@/api/types";
import { CodeBlock } from "@/components/ui/Copyable";
import { Notice } from "@/components/ui/Notice";
import { services } from "@/messages";
import { Findings } from "./Findings";
import { registerCommand } from "./register";

/** What came of trying, and the command to register it when all is well. */
export function Tried({ result, asked }: { result: PreflightResult; asked: Preflight }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Notice tone={result.ok ? "good" : "bad"}>{result.ok ? services.tryIt.ready : services.tryIt.failed}</Notice>
      <Findings checks={result.checks} />
      {result.ok && <CodeBlock text={registerCommand(asked)} what={services.register} />}
    </div>
  );
}
