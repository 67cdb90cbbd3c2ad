/** What a browser shows and never runs. Everything else is for saving: HTML, SVG and XML run scripts of whoever uploaded them. */
const shownTypes = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain)$/;

/** The `Content-Disposition` of a blob (RFC 6266). */
export const contentDisposition = ({ id, contentType }: { readonly id: string; readonly contentType: string }): string =>
  `${shownTypes.test(contentType) ? "inline" : "attachment"}; filename="${id}"`;
