import { Link } from "@tanstack/react-router";
import type { Mounted } from "@/components/section";

type Props<PageProps> = {
  sections: Mounted<PageProps>[];
  /** Address of a section from its path. */
  to: (path: string) => string;
};

/** If it does not come, whoever goes there is told. */
function ahead(load: () => Promise<unknown>): void {
  load().catch(() => undefined);
}

/** Sections below their groups' headings. Their scripts are fetched when somebody is about to go there. */
export function Sections<PageProps>({ sections, to }: Props<PageProps>) {
  const groups = [...new Set(sections.map((section) => section.group))];
  return groups.map((group) => (
    <nav key={group} aria-label={group}>
      <h2 className="px-2.5 pb-1 text-xs font-medium text-soft">{group}</h2>
      <ul className="grid gap-px">
        {sections
          .filter((section) => section.group === group)
          .map(({ path, label, icon: Icon, load }) => (
            <li key={path}>
              <Link
                to={to(path)}
                activeOptions={{ exact: true, includeSearch: false }}
                onPointerEnter={() => { ahead(load); }}
                onFocus={() => { ahead(load); }}
                className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-soft hover:bg-over hover:text-ink aria-[current]:bg-over aria-[current]:font-medium aria-[current]:text-ink"
              >
                <Icon size={16} aria-hidden /> {label}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  ));
}
