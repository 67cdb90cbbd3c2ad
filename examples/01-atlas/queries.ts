/** To paste into GraphiQL, one after the other. */
export const queries: readonly { readonly title: string; readonly text: string }[] = [
  {
    title: "The largest cities of France, each with its country through the ref",
    text: `{
  cities(where: { countryId: { eq: "country_FRA" } }, orderBy: [{ population: DESC }], first: 5) {
    totalCount
    nodes { name population country { name { common } capital } }
  }
}`,
  },
  {
    title: "Landlocked countries larger than a million square kilometres",
    text: `{
  countries(where: { landlocked: { eq: true }, area: { gt: 1e6 } }, orderBy: [{ area: DESC }]) {
    totalCount
    nodes { id area region borders name { common } }
  }
}`,
  },
  {
    title: "The largest cities of landlocked countries, and of each country its three largest",
    text: `{
  cities(where: { country: { landlocked: { eq: true } } }, orderBy: [{ population: DESC }], first: 5) {
    nodes {
      name
      country { name { common } cities(orderBy: [{ population: DESC }], first: 3) { totalCount nodes { name population } } }
    }
  }
}`,
  },
  {
    title: "A change to Paris, and what it did: the old revision stays, and a diff shows the change",
    text: `mutation {
  patchCity(id: "city_2988507", merge: { population: 2102650 }) {
    ... on PatchCitySuccess {
      changed
      city {
        population
        meta { version updatedAt }
        revisions { nodes { number createdBy data { population } } }
        diff(from: 1) { paths operations { op path value } }
      }
    }
    ... on Error { code message }
  }
}`,
  },
];
