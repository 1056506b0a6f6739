// SHA-256 of a short text, at once: `crypto.subtle` answers later, and only on secure pages.

const K = new Uint32Array(64);
const START = new Uint32Array(8);

// The first bits of the fractions of the roots of the first primes, as FIPS 180-4 has them.
for (let number = 2, found = 0; found < 64; number += 1) {
  let isPrime = true;
  for (let factor = 2; factor * factor <= number; factor += 1) {
    if (number % factor === 0) isPrime = false;
  }
  if (!isPrime) continue;
  if (found < 8) START[found] = (number ** (1 / 2) % 1) * 2 ** 32;
  K[found] = (number ** (1 / 3) % 1) * 2 ** 32;
  found += 1;
}

const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));
const encoder = new TextEncoder();

export function sha256(text) {
  const bytes = encoder.encode(text);
  const blocks = new DataView(new ArrayBuffer(((bytes.length + 72) >> 6) << 6));
  new Uint8Array(blocks.buffer).set(bytes);
  blocks.setUint8(bytes.length, 0x80);
  blocks.setUint32(blocks.byteLength - 4, bytes.length * 8);
  const state = START.slice();
  const w = new Uint32Array(64);
  for (let start = 0; start < blocks.byteLength; start += 64) {
    for (let i = 0; i < 16; i += 1) w[i] = blocks.getUint32(start + i * 4);
    for (let i = 16; i < 64; i += 1) {
      const a = w[i - 15];
      const b = w[i - 2];
      const low = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
      const high = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
      w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      state[i] += word;
    });
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}
