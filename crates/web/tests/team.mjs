// The safety team of a server, on the command line.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROGRAM } from "./world.mjs";

export const run = promisify(execFile);

/** The command line of somebody with a home of their own. */
export const program = (folder, name) => async (...words) => (await run(PROGRAM, ["--home", join(folder, name), ...words])).stdout;

/** Two members and a deputy who read what comes to the safety team. */
export async function desk(url, folder, names = ["cleo", "dora", "evan"]) {
    const members = [];
    for (const name of names) {
        const member = program(folder, name);
        await member("signup", name, "--server", url);
        members.push({ member, account: JSON.parse(await member("whoami", "--json")).account });
    }
    const [one, two, three] = members.map(({ account }) => account);
    const whom = ["--member", one, "--member", two, "--deputy", three];
    const { stdout } = await run(PROGRAM, ["admin", "desk", "--data", join(folder, "server"), ...whom, "--halves", join(folder, "halves")]);
    for (const { member, account } of members) {
        const code = stdout.split("\n").find((line) => line.includes(account)).split(" ").at(-1);
        for (let tries = 0; ; tries++) {
            try {
                await member("desk", "join", code);
                break;
            } catch (error) {
                // A running server sees its desk within a second, on a machine that has time.
                if (tries > 40) throw error;
                await new Promise((done) => setTimeout(done, 250));
            }
        }
    }
    return members.map(({ member }) => member);
}
