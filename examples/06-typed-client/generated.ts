/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type BooleanFilter = {
  eq?: boolean | null | undefined;
  in?: Array<boolean> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  ne?: boolean | null | undefined;
  notIn?: Array<boolean> | null | undefined;
};

export type CityListFilter = {
  /** There is none for which it is not true */
  every?: CityWhere | null | undefined;
  /** There is none for which it is true */
  none?: CityWhere | null | undefined;
  /** There is one for which it is true */
  some?: CityWhere | null | undefined;
};

export type CityWhere = {
  /** All of them are true */
  and?: Array<CityWhere> | null | undefined;
  country?: CountryWhere | null | undefined;
  countryId?: IdFilter | null | undefined;
  featureCode?: StringFilter | null | undefined;
  id?: IdFilter | null | undefined;
  meta?: ResourceMetaWhere | null | undefined;
  name?: StringFilter | null | undefined;
  /** It is false; what is unknown, as a comparison with a missing value, stays unknown */
  not?: CityWhere | null | undefined;
  /** At least one is true */
  or?: Array<CityWhere> | null | undefined;
  population?: SafeIntFilter | null | undefined;
};

export type CountryNameWhere = {
  common?: StringFilter | null | undefined;
};

export type CountryRegion =
  | 'Africa'
  | 'Americas'
  | 'Antarctic'
  | 'Asia'
  | 'Europe'
  | 'Oceania';

export type CountryRegionFilter = {
  eq?: CountryRegion | null | undefined;
  in?: Array<CountryRegion> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  ne?: CountryRegion | null | undefined;
  notIn?: Array<CountryRegion> | null | undefined;
};

export type CountryWhere = {
  /** All of them are true */
  and?: Array<CountryWhere> | null | undefined;
  area?: FloatFilter | null | undefined;
  borders?: StringListFilter | null | undefined;
  capital?: StringListFilter | null | undefined;
  cca2?: StringFilter | null | undefined;
  cities?: CityListFilter | null | undefined;
  id?: IdFilter | null | undefined;
  independent?: BooleanFilter | null | undefined;
  landlocked?: BooleanFilter | null | undefined;
  meta?: ResourceMetaWhere | null | undefined;
  name?: CountryNameWhere | null | undefined;
  /** It is false; what is unknown, as a comparison with a missing value, stays unknown */
  not?: CountryWhere | null | undefined;
  /** At least one is true */
  or?: Array<CountryWhere> | null | undefined;
  region?: CountryRegionFilter | null | undefined;
  subregion?: StringFilter | null | undefined;
  unMember?: BooleanFilter | null | undefined;
};

export type DateTimeFilter = {
  eq?: string | null | undefined;
  gt?: string | null | undefined;
  gte?: string | null | undefined;
  in?: Array<string> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  lt?: string | null | undefined;
  lte?: string | null | undefined;
  ne?: string | null | undefined;
  notIn?: Array<string> | null | undefined;
};

/** What an event of a subscription tells: a change, or where the subscription stands */
export type EventKind =
  /** Nothing that was asked for has happened for a while; only the cursor has moved */
  | 'BOOKMARK'
  /** There is a first revision */
  | 'CREATED'
  /** It has a deletion mark; its revisions stay */
  | 'DELETED'
  /** After this change the resource does not match the filter any more */
  | 'LEFT'
  /** A draft was replaced in place, or changed its status */
  | 'MODIFIED'
  /** It is gone for good, with all revisions */
  | 'PURGED'
  /** The first event of a subscription: from its cursor on nothing is missed */
  | 'READY'
  /** The deletion mark is gone */
  | 'RESTORED'
  /** Another revision became the current one */
  | 'SWITCHED'
  /** There is a new revision, by an update, a patch or an upsert */
  | 'UPDATED';

export type FloatFilter = {
  eq?: number | null | undefined;
  gt?: number | null | undefined;
  gte?: number | null | undefined;
  in?: Array<number> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  lt?: number | null | undefined;
  lte?: number | null | undefined;
  ne?: number | null | undefined;
  notIn?: Array<number> | null | undefined;
};

export type IdFilter = {
  eq?: string | number | null | undefined;
  in?: Array<string | number> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  ne?: string | number | null | undefined;
  notIn?: Array<string | number> | null | undefined;
};

export type IntFilter = {
  eq?: number | null | undefined;
  gt?: number | null | undefined;
  gte?: number | null | undefined;
  in?: Array<number> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  lt?: number | null | undefined;
  lte?: number | null | undefined;
  ne?: number | null | undefined;
  notIn?: Array<number> | null | undefined;
};

/** As RFC 6902 names them */
export type JsonPatchOp =
  | 'add'
  | 'copy'
  | 'move'
  | 'remove'
  | 'replace'
  | 'test';

export type LengthFilter = {
  eq?: number | null | undefined;
  gt?: number | null | undefined;
  gte?: number | null | undefined;
  in?: Array<number> | null | undefined;
  lt?: number | null | undefined;
  lte?: number | null | undefined;
  ne?: number | null | undefined;
  notIn?: Array<number> | null | undefined;
};

export type ResourceMetaWhere = {
  createdAt?: DateTimeFilter | null | undefined;
  createdBy?: StringFilter | null | undefined;
  deletedAt?: DateTimeFilter | null | undefined;
  revisionCount?: IntFilter | null | undefined;
  schemaVersion?: IntFilter | null | undefined;
  status?: RevisionStatusFilter | null | undefined;
  updatedAt?: DateTimeFilter | null | undefined;
  updatedBy?: StringFilter | null | undefined;
  version?: IntFilter | null | undefined;
};

/** Whether a revision may still change */
export type RevisionStatus =
  /** May be modified in place */
  | 'DRAFT'
  /** Never changes */
  | 'STABLE';

export type RevisionStatusFilter = {
  eq?: RevisionStatus | null | undefined;
  in?: Array<RevisionStatus> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  ne?: RevisionStatus | null | undefined;
  notIn?: Array<RevisionStatus> | null | undefined;
};

export type SafeIntFilter = {
  eq?: number | null | undefined;
  gt?: number | null | undefined;
  gte?: number | null | undefined;
  in?: Array<number> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  lt?: number | null | undefined;
  lte?: number | null | undefined;
  ne?: number | null | undefined;
  notIn?: Array<number> | null | undefined;
};

export type StringFilter = {
  contains?: string | null | undefined;
  endsWith?: string | null | undefined;
  eq?: string | null | undefined;
  gt?: string | null | undefined;
  gte?: string | null | undefined;
  /** Contains, whatever the case */
  iContains?: string | null | undefined;
  /** Ends with, whatever the case */
  iEndsWith?: string | null | undefined;
  /** Equal, whatever the case */
  iEq?: string | null | undefined;
  /** Starts with, whatever the case */
  iStartsWith?: string | null | undefined;
  in?: Array<string> | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  lt?: string | null | undefined;
  lte?: string | null | undefined;
  ne?: string | null | undefined;
  notIn?: Array<string> | null | undefined;
  startsWith?: string | null | undefined;
};

export type StringListFilter = {
  /** This is among the values */
  has?: string | null | undefined;
  /** All of these are among the values */
  hasAll?: Array<string> | null | undefined;
  /** At least one of these is among the values */
  hasAny?: Array<string> | null | undefined;
  isEmpty?: boolean | null | undefined;
  /** Missing or null */
  isNull?: boolean | null | undefined;
  length?: LengthFilter | null | undefined;
};

export type LargestCitiesQueryVariables = Exact<{
  where?: CityWhere | null | undefined;
  first: number;
}>;


export type LargestCitiesQuery = { cities: { totalCount: number, nodes: Array<{ name: string, population: number, country: { name: { common: string } } | null }> } };

export type CityChangesSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type CityChangesSubscription = { cityChanged: { cursor: string, kind: EventKind, at: string | null, city: { name: string, population: number } | null, diff: { operations: Array<{ op: JsonPatchOp, path: string, value: unknown }> } | null } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const LargestCitiesDocument = new TypedDocumentString(`
    query LargestCities($where: CityWhere, $first: Int!) {
  cities(where: $where, orderBy: [{ population: DESC }], first: $first) {
    totalCount
    nodes {
      name
      population
      country {
        name {
          common
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LargestCitiesQuery, LargestCitiesQueryVariables>;
export const CityChangesDocument = new TypedDocumentString(`
    subscription CityChanges($after: String) {
  cityChanged(after: $after) {
    cursor
    kind
    at
    city {
      name
      population
    }
    diff {
      operations {
        op
        path
        value
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CityChangesSubscription, CityChangesSubscriptionVariables>;