import { common } from "./common";

export const accountSettings = {
  title: "Account settings",
  menu: "Settings",
  facts: { id: "Account id", role: "Your role", created: "Created" },
  rename: {
    title: "Name",
    lead: "The Restate CLI and rcloud call the account by it: programs that use the old name have to be told the new one.",
    name: "Account name",
    hint: common.nameRule,
    submit: "Rename",
    done: (name: string) => `The account is now called ${name}.`,
  },
  secondFactor: {
    title: "Second factor",
    on: "Members without a second factor have no rights in this account.",
    off: "Members may sign in without a second factor.",
    demand: "Require a second factor",
    withdraw: "Stop requiring it",
    confirm: "Members who have not set up an authenticator app or a passkey lose their rights here at once, until they do. API keys go on working.",
    confirmOff: "Members without a second factor have their rights again.",
  },
  transfer: {
    title: "Transfer ownership",
    lead: "Another member becomes an owner, and you an admin.",
    to: "To",
    choose: "Choose a member",
    nobody: "There is nobody else in this account. Invite somebody first.",
    submit: "Transfer",
    text: (name: string, person: string) => `${person} becomes an owner of ${name}, and you an admin. Only an owner can undo it.`,
    done: (person: string) => `${person} is now an owner; you are an admin.`,
  },
  remove: {
    title: "Delete this account",
    lead: "Its members, invitations and settings go with it. It must have no environments left. This cannot be undone.",
    action: "Delete account",
    text: (name: string) => `The account ${name} and everything in it are gone for good.`,
    done: (name: string) => `The account ${name} is deleted.`,
  },
};
