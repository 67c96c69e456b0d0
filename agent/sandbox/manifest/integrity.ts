/** Of a wheel, as pip writes it. */
export const SHA256 = /^sha256:[0-9a-f]{64}$/;
/** One strong hash, as a registry states it: of several npm would take whichever it can check. */
export const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
