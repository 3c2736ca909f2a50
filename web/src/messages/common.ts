export const common = {
  actions: "Actions",
  cancel: "Cancel",
  close: "Close",
  copied: "Copied",
  notCopied: "Not copied: select it and copy it by hand",
  copy: (what: string) => `Copy ${what}`,
  create: "Create",
  loadMore: "Load more",
  loading: "Loading …",
  optional: "optional",
  requestId: "Request id:",
  signInAgain: "Sign in again",
  tryAgain: "Try again",
  typeToConfirm: (name: string) => `Type ${name} to confirm`,
  /** Why a button cannot be used: the permission is the API's word for it. */
  notPermitted: (role: string) => `Your role in this account, ${role}, does not permit this. Ask an owner or admin.`,
  nameRule: "Lower-case letters, digits and single hyphens; at most 39 characters; it begins and ends with a letter or digit.",
};
