// @ts-check

/** The last link of a mail, as people click it. @param {string} eml @returns {string} */
export function linkOf(eml) {
  const text = eml
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const links = text.match(/https?:\/\/[^\s"<>]+/g) ?? [];
  const found = links.find((link) => /\/[\w-]+\/[^/]+\/[^/]+\/?$/.test(new URL(link).pathname));
  if (!found) throw new Error(`there is no link in the mail:\n${text}`);
  return found;
}
