import { common } from "./common";

export const accounts = {
  switcher: "Account",
  new: "New account",
  create: {
    title: "Create an account",
    first: "An account holds your team's environments, members and keys. You can have several.",
    name: "Account name",
    hint: common.nameRule,
    submit: "Create account",
  },
  created: (name: string) => `The account ${name} is there.`,
};
