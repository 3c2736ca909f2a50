// Passkeys (WebAuthn level 3) with the JSON forms the API speaks: every buffer as base64url.

export const available = Boolean(globalThis.PublicKeyCredential && navigator.credentials);

/** Whether passkeys can be offered inside the field for the e-mail address. */
export async function offeredInField() {
  return available && Boolean(await PublicKeyCredential.isConditionalMediationAvailable?.());
}

/** A new passkey as JSON, null when the person changed their mind. `publicKey` are creation options as JSON. */
export async function create(publicKey) {
  const options = {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    user: { ...publicKey.user, id: bytes(publicKey.user.id) },
    excludeCredentials: described(publicKey.excludeCredentials),
  };
  return quietly(() => navigator.credentials.create({ publicKey: options }), encodeCreated);
}

/** A proof as JSON, null when the person changed their mind. `options`: `signal`, `mediation`. */
export async function get(publicKey, options = {}) {
  const request = {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    allowCredentials: described(publicKey.allowCredentials),
  };
  return quietly(() => navigator.credentials.get({ publicKey: request, ...options }), encodeProof);
}

async function quietly(ask, encode) {
  try {
    const credential = await ask();
    return credential && encode(credential);
  } catch (error) {
    if (error.name === "NotAllowedError" || error.name === "AbortError") return null;
    throw error;
  }
}

function described(credentials = []) {
  return credentials.map((credential) => ({ ...credential, id: bytes(credential.id) }));
}

function encodeCreated(credential) {
  const { response } = credential;
  return encoded(credential, {
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

function encodeProof(credential) {
  const { response } = credential;
  return encoded(credential, {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : null,
  });
}

function encoded(credential, response) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

function bytes(base64url) {
  const binary = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
