from restate import Context, ObjectContext, Service, VirtualObject

greeter = Service("Greeter")
visitors = VirtualObject("Visitors")


@greeter.handler()
async def greet(ctx: Context, name: str) -> str:
    """Greet a person; every finished greeting counts exactly once, whatever crashes in between."""
    visit = await ctx.object_call(arrive, key=name, arg=None)
    return f"Hello {name}, this is visit number {visit}."


@visitors.handler()
async def arrive(ctx: ObjectContext) -> int:
    """Count one visit. One handler at a time runs for each key, so there is no race to guard against."""
    visits = (await ctx.get("visits", type_hint=int) or 0) + 1
    ctx.set("visits", visits)
    return visits


@visitors.handler(kind="shared")
async def visits(ctx: ObjectContext) -> int:
    """Return the number of visits so far."""
    return await ctx.get("visits", type_hint=int) or 0
