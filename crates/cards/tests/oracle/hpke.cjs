// The same as hpke.py, with @hpke/core.

const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = require("@hpke/core");

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex")).buffer;
const hex = (buffer) => Buffer.from(buffer).toString("hex");

async function main([deed, ...texts]) {
  const given = texts.map(bytes);
  if (deed === "seal") {
    const [key, info, aad, plain] = given;
    const recipientPublicKey = await suite.kem.deserializePublicKey(key);
    const sender = await suite.createSenderContext({ recipientPublicKey, info });
    const cipher = await sender.seal(plain, aad);
    return `${hex(sender.enc)} ${hex(cipher)}`;
  }
  const [seed, enc, info, aad, cipher] = given;
  const pair = await suite.kem.deriveKeyPair(seed);
  const recipient = await suite.createRecipientContext({ recipientKey: pair, enc, info });
  return hex(await recipient.open(cipher, aad));
}

main(process.argv.slice(2)).then(console.log, (error) => {
  console.error(error);
  process.exit(1);
});
