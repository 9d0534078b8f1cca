// A device without room: it is said plainly, nothing is lost, and with room again everything goes on. Read from both screens.

import assert from "node:assert/strict";
import test from "node:test";
import { act, composer, openChat, say, sees, two } from "./people.mjs";
import { world } from "./world.mjs";

/** Long enough that a few of them need room of their own. */
const long = (name) => `${name} ${"and so on ".repeat(600)}${name}.`;

test("when room runs out it is said, what was written stays, and with room again nothing is lost or doubled", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = await two({ url, browser, wrong });
        await say(alice, "before");
        await sees(bob, "before");

        const session = await alice.context.newCDPSession(alice.page);
        const { usage } = await session.send("Storage.getUsageAndQuota", { origin: url });
        await session.send("Storage.overrideQuotaForOrigin", { origin: url, quotaSize: usage + 256 * 1024 });

        const full = alice.page.getByText("This device has no room left.").first();
        const said = [];
        let refused;
        for (let count = 0; count < 60 && !refused; count++) {
            const name = `message-${count}`;
            await say(alice, long(name));
            // It is on the screen, or it is said why not and what was written is back: a draft may be refused and the message go in.
            const here = alice.page.locator("article.said .text").filter({ hasText: `${name} and` }).first();
            const back = async () => (await full.isVisible()) && (await composer(alice).inputValue()).startsWith(`${name} `);
            for (let tries = 0; tries < 150 && !refused && said.at(-1) !== name; tries++) {
                if (await here.isVisible()) said.push(name);
                else if (await back()) refused = name;
                else await alice.page.waitForTimeout(100);
            }
            assert.ok(refused || said.at(-1) === name, `${name} is neither shown nor refused`);
        }
        assert.ok(refused, "room ran out");
        console.log(`${said.length} messages went in before room ran out`);
        await full.waitFor();
        // What comes meanwhile waits on the server.
        for (const count of [1, 2, 3]) await say(bob, long(`reply-${count}`));
        await bob.page.locator("article.mine .delivery", { hasText: "Sent" }).first().waitFor();
        await alice.page.waitForTimeout(3000);
        assert.ok((await composer(alice).inputValue()).startsWith(`${refused} `), "what was written is there still");

        // It comes back before what was written meanwhile, with what it answers, and into its chat when another screen is open by then.
        await act(alice, "before", "Reply");
        const whole = `${await composer(alice).inputValue()}\nand more`;
        const stands = async () => {
            await alice.page.waitForFunction((text) => document.querySelector(".composer textarea")?.value === text, whole);
            await alice.page.locator(".target", { hasText: "Replying to You" }).waitFor();
        };
        const enter = (then) =>
            alice.page.evaluate((then) => {
                const area = document.querySelector(".composer textarea");
                area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
                if (then === "leave") return document.querySelector('.list [aria-label="Settings"]').click();
                area.value = then;
                area.dispatchEvent(new Event("input", { bubbles: true }));
            }, then);
        await enter("and more");
        await stands();
        await enter("leave");
        await alice.page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
        await openChat(alice);
        await stands();

        await session.send("Storage.overrideQuotaForOrigin", { origin: url });
        await composer(alice).press("Enter");
        const answer = await sees(bob, `${refused} and`);
        await answer.locator(".quote", { hasText: "before" }).waitFor();
        for (const count of [1, 2, 3]) await sees(alice, `reply-${count} and`);
        await full.waitFor({ state: "detached" });
        await say(bob, "and all is well");
        await sees(alice, "and all is well");

        const expected = ["before", ...said, refused, "reply-1", "reply-2", "reply-3", "and", ""].filter(Boolean).sort();
        const first = async ({ page }) =>
            (await page.locator("article.said .text").allInnerTexts()).map((text) => text.trim().split(" ")[0]).sort();
        assert.deepEqual(await first(bob), expected);
        assert.deepEqual(await first(alice), expected);
        await alice.page.reload();
        await sees(alice, "and all is well");
        assert.deepEqual(await first(alice), expected);
    }));
