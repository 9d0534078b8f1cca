// A report wakes the safety team: a member's closed page by an empty knock, an open one by one line that says nothing of it.

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { fine, fits } from "./fine.mjs";
import { gone, listen } from "./people.mjs";
import { deliver, knocked, pushService, settings, shown, subscribesAt } from "./push.mjs";
import { joins, member, program, run } from "./team.mjs";
import { PROGRAM, world } from "./world.mjs";

const NEWS = "Something new for the safety team";
const news = (who) => who.page.getByRole("status").getByRole("button", { name: NEWS, exact: true });

/** Somebody in a browser without an account tells the team something. */
async function tells({ browser, url, wrong }, words) {
    const context = await browser.newContext({ locale: "en-GB" });
    listen(context, "visitor", wrong);
    const page = await context.newPage();
    await page.goto(`${url}/report`);
    await page.getByRole("radio", { name: "I am worried about a friend" }).check();
    await page.getByLabel("Say it in your own words").fill(words);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    const said = await page.getByText(/Report number /).innerText();
    await context.close();
    return said.replace("Report number ", "").trim();
}

test("a report wakes a member's closed page with an empty knock, and an open page shows one line until the list was read", async () => {
    const service = await pushService();
    try {
        await world(
            async (given) => {
                const { url, folder } = given;
                const [kim, lee] = await Promise.all(
                    ["Kim", "Lee"].map((name) =>
                        member(given, name, async (who) => {
                            await who.context.addInitScript(subscribesAt, `${service.origin}/send/${name}`);
                            await who.page.reload();
                            await who.context.grantPermissions(["notifications"], { origin: url });
                        }),
                    ),
                );
                const evan = program(folder, "evan");
                await evan("signup", "evan", "--server", url);
                const deputy = JSON.parse(await evan("whoami", "--json")).account;
                const whom = ["--member", kim.key, "--member", lee.key, "--deputy", deputy];
                const { stdout } = await run(PROGRAM, ["admin", "desk", "--data", join(folder, "server"), ...whom, "--halves", join(folder, "halves")]);
                for (const who of [kim, lee]) {
                    await joins(who, stdout.split("\n").find((line) => line.includes(who.key)));
                    const card = await settings(who);
                    await card.getByRole("button", { name: "Allow notifications" }).click();
                    await card.getByText("Notifications are on for this device.").waitFor();
                    assert.equal(await who.page.getByRole("img", { name: "Something new", exact: true }).count(), 0);
                }
                await lee.page.waitForTimeout(1500);
                await kim.page.goto("about:blank");
                await lee.page.goto(`${url}/#/`);
                await lee.page.getByRole("navigation", { name: "Chats" }).waitFor();
                assert.equal(await news(lee).count(), 0);
                assert.equal(await lee.page.title(), "Treehouse");

                const number = await tells(given, "The gate was open all night.");
                await knocked(service, 2);
                assert.deepEqual(service.knocks.map(({ path, length }) => [path, length]).sort(), [["/send/Kim", 0], ["/send/Lee", 0]]);
                await deliver(kim);
                assert.deepEqual(await shown(kim), [{ title: "Treehouse", body: "Something is waiting for you.", tag: "waiting" }]);
                // Who looks at the page gets no notification: the line is there, at once and unasked.
                await deliver(lee);
                await news(lee).waitFor();
                assert.deepEqual(await shown(lee), []);
                assert.equal(await lee.page.title(), "(1) Treehouse");
                const all = await lee.page.locator("body").innerText();
                for (const word of [number, "gate", "orried"]) {
                    assert.ok(!all.includes(word), `${word}: ${all}`);
                }
                await fits(lee.page, "something new");
                await fine(lee.page, "something new");
                await lee.page.getByRole("button", { name: "Settings", exact: true }).click();
                const way = lee.page.getByRole("button", { name: /^For members of the safety team/ });
                await way.getByRole("img", { name: "Something new" }).waitFor();
                await fine(lee.page, "something new in the settings");
                await way.click();
                await lee.page.getByText("Not opened yet").waitFor();
                await gone(news(lee));
                assert.equal(await lee.page.title(), "Treehouse");

                // Kim comes back: what lies there is said, and reading the list ends it on this device too.
                await kim.page.goto(`${url}/#/`);
                await news(kim).click();
                await kim.page.getByText("Not opened yet").waitFor();
                await gone(news(kim));
                // What one of them writes is no news to the other.
                await kim.page.getByRole("button", { name: /Not opened yet/ }).click();
                await kim.page.getByRole("button", { name: "Close the report" }).click();
                await kim.page.goto(`${url}/#/`);
                await lee.page.reload();
                await lee.page.goto(`${url}/#/`);
                await lee.page.waitForTimeout(8000);
                assert.equal(await news(lee).count(), 0);
                assert.equal(service.knocks.length, 2, "a mark wakes nobody");
            },
            { more: ["--push-to", service.origin], whole: true },
        );
    } finally {
        service.close();
    }
});
