import { defineResource, ref } from "specstar";
import { z } from "zod";

/** Three levels for nested lists: authors in cities, their books, and the reviews of those. */

export const Author = defineResource("author", { schema: z.object({ name: z.string(), city: z.string() }), index: ["city"] });
export const Book = defineResource("book", { schema: z.object({ author: ref(Author), title: z.string(), year: z.int() }) });
export const Review = defineResource("review", { schema: z.object({ book: ref(Book), stars: z.int(), text: z.string() }) });

/** A little more of each than a request asks for, so that every page has a next one. */
const [authorsOfCity, booksOfAuthor, reviewsOfBook] = [25, 12, 7];
const cities = 16;

export const cityAt = (n: number): string => `city-${n % cities}`;

/** An author with all that refers to it. */
export interface Oeuvre {
  readonly author: { readonly name: string; readonly city: string };
  readonly books: readonly {
    readonly title: string;
    readonly year: number;
    readonly reviews: readonly { readonly stars: number; readonly text: string }[];
  }[];
}

export const oeuvres: readonly Oeuvre[] = Array.from({ length: authorsOfCity * cities }, (_, n) => ({
  author: { name: `Author ${n}`, city: cityAt(n) },
  books: Array.from({ length: booksOfAuthor }, (_, b) => ({
    title: `Book ${b} of author ${n}`,
    year: 1900 + ((n * 7 + b * 13) % 120),
    reviews: Array.from({ length: reviewsOfBook }, (_, r) => ({
      stars: 1 + ((n + b * 3 + r) % 5),
      text: `Review ${r} of it: ${"read in one go, and then once more from the start. ".repeat(1 + ((n + r) % 3))}`,
    })),
  })),
}));
