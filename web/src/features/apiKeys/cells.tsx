import type { ApiKeyView } from "@/api/types";
import { Badge } from "@/components/ui/Status";
import { RelativeTime } from "@/components/ui/Time";
import { isPast } from "@/lib/time";
import { apiKeys as t } from "@/messages";
import { inWords } from "./restrictions";

type Of = { apiKey: ApiKeyView };

/** On a phone, where the other columns have no room, what matters of them stands here. */
export function Name({ apiKey }: Of) {
  const rules = inWords(apiKey.restrictions);
  return (
    <div className="min-w-32">
      <span className="font-medium">{apiKey.description || t.unnamed}</span>
      <span className="block font-mono text-sm text-soft">…{apiKey.lastFour}</span>
      {rules.length > 0 && <span className="block text-sm text-soft md:hidden">{rules.join(" · ")}</span>}
      {apiKey.expiresAt && (
        <span className="block text-sm text-soft md:hidden">
          {t.columns.expires}: <Expiry apiKey={apiKey} />
        </span>
      )}
      <span className="block text-sm text-soft md:hidden">
        {t.columns.used}: {apiKey.lastUsedAt ? <RelativeTime at={apiKey.lastUsedAt} /> : t.unused.toLowerCase()}
      </span>
    </div>
  );
}

export function Role({ apiKey }: Of) {
  const { label, stock } = t.roles[apiKey.role];
  return <span title={stock} className="sm:whitespace-nowrap">{label}</span>;
}

export function Rules({ apiKey }: Of) {
  const rules = inWords(apiKey.restrictions);
  if (rules.length === 0) return <span className="text-soft">{t.unrestricted}</span>;
  return (
    <ul className="grid max-w-xs gap-0.5 text-sm">
      {rules.map((rule) => (
        <li key={rule}>{rule}</li>
      ))}
    </ul>
  );
}

export function Expiry({ apiKey: { expiresAt } }: Of) {
  if (!expiresAt) return <span className="text-soft">{t.never}</span>;
  if (isPast(expiresAt)) return <Badge tone="bad">{t.expired}</Badge>;
  return <RelativeTime at={expiresAt} />;
}

export function LastUsed({ apiKey: { lastUsedAt } }: Of) {
  return lastUsedAt ? <RelativeTime at={lastUsedAt} /> : <span className="text-soft">{t.unused}</span>;
}

export function Created({ apiKey: { createdAt }, by }: Of & { by: string }) {
  return (
    <div className="max-w-48">
      <RelativeTime at={createdAt} />
      <span className="block truncate text-sm text-soft" title={by}>
        {t.by(by)}
      </span>
    </div>
  );
}
