// A line of JSON in, one SDK call, a line of JSON out: how run.py drives the JavaScript SDKs.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.argv[2]}/`);

export const sdk = (name) => require(name);

// `actions`: name -> async (call, seen); whatever it has put into `seen` when it throws is reported with the error.
export async function serve(actions) {
    for await (const line of createInterface({ input: process.stdin })) {
        const call = JSON.parse(line);
        const seen = {};
        try {
            await actions[call.action](call, seen);
        } catch (error) {
            seen.error = error.constructor.name;
            seen.message = error.message;
            if (error.headers) seen.headers = Object.fromEntries(error.headers);
        }
        console.log(JSON.stringify(seen));
    }
}
