// Seals the card in the browser before it is sent (HPKE, RFC 9180, base mode: X25519, HKDF-SHA-256, AES-256-GCM), so
// that nothing between this page and the card store can read it. It writes no HTML, asks no other server, and keeps
// nothing. Where the browser cannot seal, the form is posted as it is, to the same place over TLS.
'use strict';
(() => {
  const text = new TextEncoder();
  const KEM = Uint8Array.of(0x4b, 0x45, 0x4d, 0, 0x20);                          // "KEM", DHKEM(X25519, HKDF-SHA256)
  const HPKE = Uint8Array.of(0x48, 0x50, 0x4b, 0x45, 0, 0x20, 0, 0x01, 0, 0x02); // "HPKE", KEM, HKDF-SHA256, AES-256-GCM
  const VERSION = text.encode('HPKE-v1');
  const NOTHING = new Uint8Array(0);

  const join = (...parts) => {
    const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return all;
  };

  const hmac = async (key, data) => {
    const of = { name: 'HMAC', hash: 'SHA-256' };
    // An empty salt is as many zeros as the hash is long (RFC 5869), and WebCrypto takes no empty key.
    const imported = await crypto.subtle.importKey('raw', key.length ? key : new Uint8Array(32), of, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data));
  };

  const extract = (suite, salt, label, input) => hmac(salt, join(VERSION, suite, text.encode(label), input));

  // One block of HKDF is enough: no output here is longer than 32 bytes.
  const expand = async (suite, key, label, info, length) =>
    (await hmac(key, join(Uint8Array.of(0, length), VERSION, suite, text.encode(label), info, Uint8Array.of(1))))
      .slice(0, length);

  const base64url = (bytes) =>
    btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

  const fromBase64url = (encoded) =>
    Uint8Array.from(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

  /** Seals `message` to the intake key: `SUITE.KEYID.ENC.CIPHERTEXT`. */
  const seal = async (message, { suite, keyId, key, info, aad }) => {
    const theirs = fromBase64url(key);
    const pair = await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']);
    const enc = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    const peer = await crypto.subtle.importKey('raw', theirs, { name: 'X25519' }, false, []);
    const agreed = new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: peer }, pair.privateKey, 256));

    const prk = await extract(KEM, NOTHING, 'eae_prk', agreed);
    const shared = await expand(KEM, prk, 'shared_secret', join(enc, theirs), 32);

    const pskId = await extract(HPKE, NOTHING, 'psk_id_hash', NOTHING);
    const infoHash = await extract(HPKE, NOTHING, 'info_hash', text.encode(info));
    const context = join(Uint8Array.of(0), pskId, infoHash);
    const secret = await extract(HPKE, shared, 'secret', NOTHING);
    const aesKey = await expand(HPKE, secret, 'key', context, 32);
    const iv = await expand(HPKE, secret, 'base_nonce', context, 12);

    const aes = await crypto.subtle.importKey('raw', aesKey, 'AES-GCM', false, ['encrypt']);
    const how = { name: 'AES-GCM', iv, additionalData: text.encode(aad) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(how, aes, text.encode(message)));
    return [suite, keyId, base64url(enc), base64url(sealed)].join('.');
  };

  const luhnFits = (digits) => [...digits].reverse().reduce((sum, c, place) => {
    const digit = Number(c) * (place % 2 + 1);
    return sum + (digit > 9 ? digit - 9 : digit);
  }, 0) % 10 === 0;

  // Only what saves typing the number twice; the card store checks everything again.
  const looksRight = new Map([
    ['number', (value) => /^\d{12,19}$/.test(value) && luhnFits(value)],
    ['exp', (value) => /^(0?[1-9]|1[0-2])[/.-](\d{2}|20\d{2})$|^(0[1-9]|1[0-2])(\d{2}|20\d{2})$/.test(value)],
    ['csc', (value) => /^\d{3,4}$/.test(value)],
  ]);
  const bare = (name, value) => value.replace(name === 'number' ? /[\s-]/g : /\s/g, '');

  const tell = (input, wrong) => {
    const line = document.getElementById(`${input.id}-error`);
    line.textContent = wrong ? input.dataset.error : '';
    line.hidden = !wrong;
    if (wrong) input.setAttribute('aria-invalid', 'true'); else input.removeAttribute('aria-invalid');
  };

  const begin = (form) => {
    const cards = [...form.querySelectorAll('[data-card]')];
    let busy = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (busy) return;
      const wrong = cards.filter((input) => {
        const check = looksRight.get(input.name);
        const bad = check !== undefined && !check(bare(input.name, input.value));
        if (check !== undefined) tell(input, bad);
        return bad;
      });
      if (wrong.length > 0) { wrong[0].focus(); return; }
      busy = true;
      form.setAttribute('aria-busy', 'true');
      const button = form.querySelector('button');
      button.setAttribute('aria-disabled', 'true');
      try {
        const entry = Object.fromEntries(cards.map((input) => [input.name, input.value]));
        form.elements.namedItem('sealed').value = await seal(JSON.stringify(entry), form.dataset);
        // A field without a name is not posted.
        for (const input of cards) input.removeAttribute('name');
      } catch { /* An older browser without X25519: the plain form goes to the same place. */ }
      // Not `form.submit`, which a field of that name would hide.
      HTMLFormElement.prototype.submit.call(form);
    });
    // A page that comes back from the browser's memory starts afresh.
    addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  };

  if (typeof document === 'undefined') module.exports = { seal };
  else for (const form of document.querySelectorAll('form[data-key]')) begin(form);
})();
