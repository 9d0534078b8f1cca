// The safety team of a server, on the command line and in browsers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { person, signUp } from "./people.mjs";
import { PROGRAM } from "./world.mjs";

export const run = promisify(execFile);

/** The command line of somebody with a home of their own. */
export const program = (folder, name) => async (...words) => (await run(PROGRAM, ["--home", join(folder, name), ...words])).stdout;

/**
 * Two members and a deputy who read what comes to the safety team. `outside`, `lead`: what somebody is called who is outside of it, and the safeguarding
 * lead; they come last, in this order.
 */
export async function desk(url, folder, { outside, lead } = {}) {
    const members = [];
    for (const name of ["cleo", "dora", "evan", ...(outside ? ["olga"] : []), ...(lead ? ["lena"] : [])]) {
        const member = program(folder, name);
        await member("signup", name, "--server", url);
        members.push({ member, account: JSON.parse(await member("whoami", "--json")).account });
    }
    const [one, two, three, ...beside] = members.map(({ account }) => account);
    const whom = ["--member", one, "--member", two, "--deputy", three];
    if (outside) whom.push("--outside", beside[0], "--outside-name", outside);
    if (lead) whom.push("--lead", beside.at(-1), "--lead-name", lead);
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

/** A member in a browser, who gives the operator their account key from the screen. `before`: what is done to the browser first. */
export async function member(given, name, before = async () => {}) {
    const who = await person(given.browser, given.url, name, given);
    await before(who);
    await signUp(who);
    await who.page.goto(`${given.url}/desk`);
    const key = await who.page.locator(".desk-account").innerText();
    assert.match(key, /^[0-9a-f]{64}$/);
    return { ...who, key };
}

export async function joins(who, line) {
    await who.page.getByLabel("Your line").fill(line);
    const joined = who.page.getByRole("heading", { name: "No reports" });
    // A running server sees its desk within a second: until then it is asked again.
    for (let tries = 0; ; tries++) {
        await who.page.getByRole("button", { name: "Join the team" }).click();
        await joined.or(who.page.locator(".desk .problem", { hasText: /./ })).first().waitFor();
        if (await joined.isVisible()) return;
        if (tries > 40) throw new Error(await who.page.locator(".desk .problem").innerText());
    }
}
