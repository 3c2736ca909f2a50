// The service of the documents, served as they say: on the SDK's own port, 9080.
import * as restate from "@restatedev/restate-sdk";

const myService = restate.service({
  name: "MyService",
  handlers: { myHandler: async (_ctx: restate.Context) => "my word" },
});

restate.endpoint().bind(myService).withIdentityV1(...(process.env.RESTATE_IDENTITY_KEYS ?? "").split(",")).listen();
