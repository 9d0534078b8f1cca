// A voice message: recorded with a microphone that is not there, heard in the other browser.

import assert from "node:assert/strict";
import test from "node:test";
import { fine } from "./fine.mjs";
import { composer, dialog, gone, openChat, pick, two } from "./people.mjs";
import { world } from "./world.mjs";

test("a voice message is recorded, shows its sound and length, and plays in the other browser", () =>
    world(async (given) => {
        const [alice, bob] = await two(given, { permissions: ["microphone"] });
        await alice.page.getByRole("button", { name: "Record a voice message" }).click();
        await alice.page.getByRole("timer").waitFor();
        assert.ok(!(await composer(alice).isVisible()));
        // Thrown away: nobody hears of it.
        await alice.page.getByRole("button", { name: "Discard" }).click();
        await composer(alice).waitFor();

        await alice.page.getByRole("button", { name: "Record a voice message" }).click();
        await alice.page.getByText("Recording 0:03").waitFor();
        await alice.page.getByRole("button", { name: "Send voice message" }).click();
        for (const who of [alice, bob]) {
            const voice = who.page.getByRole("group", { name: "Voice message" });
            await voice.getByText(/^0:0[234]$/).waitFor();
            await who.page.waitForFunction(() => {
                const bars = [...document.querySelectorAll(".voice .wave rect")].map((bar) => Number(bar.getAttribute("height")));
                return bars.length > 20 && Math.max(...bars) > 20 && new Set(bars).size > 2;
            });
            assert.equal(await voice.count(), 1);
        }
        const voice = bob.page.getByRole("group", { name: "Voice message" });
        await voice.getByRole("button", { name: "Play" }).click();
        await voice.getByRole("button", { name: "Pause" }).waitFor();
        await bob.page.waitForFunction(() => document.querySelector(".voice audio").currentTime > 1);
        await voice.locator(".wave .heard").first().waitFor({ state: "attached" });
        await voice.getByRole("button", { name: "Pause" }).click();
        await voice.getByRole("button", { name: "Play" }).waitFor();
        // A press in the middle of the sound goes there.
        const box = await voice.locator(".wave").boundingBox();
        await bob.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
        const at = await bob.page.evaluate(() => document.querySelector(".voice audio").currentTime);
        assert.ok(at > 1 && at < 2.6, `${at}`);

        // Kept, it is heard when its sender has taken it back: from the box, which opens with its own passphrase.
        const passphrase = "a lantern on the old pier";
        await more(bob);
        await pick(bob, "Keep");
        await dialog(bob).getByLabel("Passphrase for what you keep").fill(passphrase);
        await pick(bob, "Keep");
        await bob.page.getByText("Kept, with its proof.").waitFor();
        const open = async () => {
            await bob.page.goto(`${given.url}/#/`);
            await bob.page.goto(`${given.url}/#/kept`);
            await bob.page.getByLabel("Passphrase for what you keep").fill(passphrase);
            await bob.page.getByRole("button", { name: "Unlock" }).click();
            return bob.page.locator(".kept-message");
        };
        const kept = await open();
        await kept.getByText("Kept. You can hear it here").waitFor();
        await more(alice);
        await pick(alice, "Delete");
        await pick(alice, "Delete for everyone");
        await bob.page.goto(`${given.url}/#/`);
        await openChat(bob);
        await gone(bob.page.getByRole("group", { name: "Voice message" }));
        await open();
        await kept.getByText(/Taken back by its sender/).waitFor();
        assert.equal(await kept.locator("audio").count(), 0);
        await kept.getByRole("button", { name: "Listen" }).click();
        await kept.locator("audio").waitFor();
        await bob.page.waitForFunction(() => document.querySelector(".kept-message audio").currentTime > 0.5);
        await fine(bob.page, "a voice message that is kept");
    }));

/** Opens what can be done with the last message. */
async function more(who) {
    const message = who.page.locator("article.said").last();
    await message.hover();
    await message.getByRole("button", { name: "More" }).click();
}
