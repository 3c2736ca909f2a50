/** Every word people read in the console, one file for each noun. */
export { accountSettings } from "./accountSettings";
export { accounts } from "./accounts";
export { apiKeys } from "./apiKeys";
export { common } from "./common";
export { connect } from "./connect";
export { environments } from "./environments";
export { logs } from "./logs";
export { operations } from "./operations";
export { shell } from "./shell";
export { usage } from "./usage";
