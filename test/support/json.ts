/**
 * What an edge answered, as JSON.parse types it. Tests look into answers member by member: what a member is, is what they are
 * about, and one that is not there fails the comparison.
 */
export type Json = ReturnType<typeof JSON.parse>;
