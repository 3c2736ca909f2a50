import { BookOpen, CircleUser, LogOut, Mail, Monitor, Moon, ShieldCheck, Sun, type LucideIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { asApiError } from "@/api/errors";
import { signOut } from "@/api/session";
import { useCommands, type Command } from "@/components/commands";
import { warn } from "@/components/toast";
import { buttonLook } from "@/components/ui/Button";
import { Menu, menuItem } from "@/components/ui/Menu";
import { choose, theme, THEMES, type Theme } from "@/lib/theme";
import { shell } from "@/messages";

const ICONS: Record<Theme, LucideIcon> = { system: Monitor, light: Sun, dark: Moon };
/** Pages of the server's own: plain links, not the router's. */
const PLACES: [string, string, LucideIcon][] = [
  ["/account/security", shell.security, ShieldCheck],
  ["/console/mail", shell.mail, Mail],
  ["/api/docs", shell.apiDocs, BookOpen],
];

/** Nobody is to go away from the machine in the belief of having signed out. */
function leave(): void {
  signOut().catch((error: unknown) => { warn(shell.stillSignedIn(asApiError(error).message)); });
}

export function PersonMenu({ email }: { email: string }) {
  const [chosen, setChosen] = useState(theme);
  const commands = useMemo(() => personal(setChosen), []);
  useCommands(commands);
  return (
    <Menu label={shell.you} align="end" buttonClass={buttonLook("bare", "square")} button={<CircleUser size={18} aria-hidden />}>
      <p className="truncate px-2.5 py-1.5 text-sm text-soft">{email}</p>
      {PLACES.map(([href, label, Icon]) => (
        <a key={href} href={href} className={menuItem}>
          <Icon size={16} aria-hidden className="text-soft" /> {label}
        </a>
      ))}
      <div role="group" aria-label={shell.theme} className="my-1 border-y border-line py-1">
        {THEMES.map((one) => {
          const Icon = ICONS[one];
          return (
            <button key={one} type="button" className={menuItem} aria-pressed={chosen === one} onClick={() => { choose(one); setChosen(one); }}>
              <Icon size={16} aria-hidden className={chosen === one ? "text-accent" : "text-soft"} />
              <span className={chosen === one ? "font-medium" : ""}>{shell.themes[one]}</span>
            </button>
          );
        })}
      </div>
      <button type="button" className={menuItem} onClick={leave}>
        <LogOut size={16} aria-hidden className="text-soft" /> {shell.signOut}
      </button>
    </Menu>
  );
}

function personal(onTheme: (theme: Theme) => void): Command[] {
  const places = PLACES.map(([href, title, icon]) => ({ id: href.replaceAll("/", "-"), title, icon, group: shell.commands.goTo, run: () => { location.assign(href); } }));
  const themes = THEMES.map((one) => ({
    id: `theme-${one}`,
    title: shell.commands.useTheme(shell.themes[one]),
    icon: ICONS[one],
    group: shell.commands.appearance,
    run: () => { choose(one); onTheme(one); },
  }));
  return [...places, ...themes, { id: "sign-out", title: shell.signOut, icon: LogOut, group: shell.you, run: leave }];
}
