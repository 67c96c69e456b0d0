/** CI says so: there, a test of containers or other sandboxes that would be skipped fails. */
export const dockerRequired = process.env.SPENDWISE_REQUIRE_DOCKER === '1';
