/**
 * The sha256 of a file, by which a page knows the checkpoint that it describes.
 *
 * Browsers compute it only where a page came by HTTPS or from their own machine; elsewhere a library
 * does, which is fetched for that.
 *
 * @param {ArrayBuffer} bytes
 * @returns {Promise<string>} Hexadecimal.
 */
export async function sha256(bytes) {
  const digest = globalThis.crypto?.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    : (await import("../vendor/noble-hashes/sha2.js")).sha256(new Uint8Array(bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
