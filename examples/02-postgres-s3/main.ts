import { postgresStorage } from "specstar/postgres";
import { s3Files } from "specstar/s3";
import { runAtlas, SettingError } from "../01-atlas/run.ts";

/**
 * The atlas on PostgreSQL and S3. Both want to be there: `createdb atlas`, and a bucket (`aws s3 mb s3://atlas`). One process imports:
 *
 *     export DATABASE_URL=postgres://user:password@127.0.0.1:5432/atlas S3_BUCKET=atlas S3_ENDPOINT=http://127.0.0.1:9000
 *     npm run example:postgres
 *
 * and any number of others serve the same data, each with a port of its own:
 *
 *     PORT=4001 npm run example:postgres -- --serve
 *
 * The key of the bucket is where the AWS SDK looks for it, in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for example.
 */
await runAtlas(() => {
  const { S3_ENDPOINT: endpoint, DATABASE_SCHEMA: schema = "atlas" } = process.env;
  const files = s3Files({ bucket: setting("S3_BUCKET"), prefix: "atlas/", ...(endpoint ? { endpoint } : {}) });
  return {
    // Documents above 1 KiB go to the bucket: few cities are that long, so there is something to see on both sides.
    storage: postgresStorage({ url: setting("DATABASE_URL"), schema, inlineBytes: 1024, ...files }),
    where: "PostgreSQL and S3",
    imports: !process.argv.includes("--serve"),
  };
});

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new SettingError(`Set ${name}, as the head of examples/02-postgres-s3/main.ts shows`);
  return value;
}
