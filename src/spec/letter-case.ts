export const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
export const snakeCase = (text: string): string => text.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();
export const kebabCase = (text: string): string => snakeCase(text).replaceAll("_", "-");
