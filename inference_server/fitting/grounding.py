"""The world that recovered people stand in, and their feet held on its ground."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..body.model import forward_kinematics, rest_joints
from ..body.rotation import matrix_to_axis_angle
from .clip import solve_clip
from .contacts import OTHER_FLOOR, pin_feet
from .known_world import find_ground, rest_on_floor
from .observations import BodyState
from .shape import clearest_frames, solve_shape
from .terms import Problem
from .world import World, estimate_up, on_floor, soles_on_floor, world_from_up


def find_world(
    problems: list[Problem],
    states: list[BodyState],
    smoothing: float,
    foot_contact: bool,
    on_step: Callable[[], None],
    on_solved: Callable[[], None],
) -> World:
    """The world that the people themselves tell of, seen from the space of their states.

    The most important person (the first) decides where its floor is. With `foot_contact` the states are solved
    again with the standing feet held on it. `on_step` is called now and then, and what it raises ends the
    work; `on_solved` after every person.
    """
    body = problems[0].body
    world = world_from_up(estimate_up(list(map(solved_joints, problems, states))), np.zeros(3))
    world = on_floor(body, world, *_in_axis_angle(states[0]))
    if foot_contact:
        world = _plant_feet(problems, states, world, False, smoothing, on_step, on_solved)
        world = soles_on_floor(body, world, *_in_axis_angle(states[0]))
    floors = [on_floor(body, world, *_in_axis_angle(state)) for state in states[1:]]
    world = _on_the_ground(
        world, np.array([0.0, *(world.to_world(floor.translation)[2] for floor in floors)])
    )
    return _centred(world, solved_joints(problems[0], states[0])[0, 0])


def stand_in(
    world: World,
    problems: list[Problem],
    states: list[BodyState],
    smoothing: float,
    on_step: Callable[[], None],
    on_solved: Callable[[], None],
) -> None:
    """Holds the standing feet on the ground of a world that is known: on its Z = 0 where they are near it."""
    body = problems[0].body
    joints = list(map(solved_joints, problems, states))
    ground, is_floor = find_ground(body, world, joints, *_in_axis_angle(states[0]))
    _plant_feet(problems, states, ground, is_floor, smoothing, on_step, on_solved)
    if is_floor:
        for index, state in enumerate(states):
            states[index] = replace(state, trans=rest_on_floor(body, world, *_in_axis_angle(state)))


def solved_joints(problem: Problem, state: BodyState) -> np.ndarray:
    """(F, 24, 3) metres, in the space of the state."""
    _, joints = forward_kinematics(state.rotations, rest_joints(problem.body, state.betas))
    return joints + state.trans[:, None]


def _in_axis_angle(state: BodyState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poses (F, 24, 3), betas (10,) and translations (F, 3), in the space of the state."""
    return matrix_to_axis_angle(state.rotations), state.betas, state.trans


def _plant_feet(
    problems: list[Problem],
    states: list[BodyState],
    world: World,
    floor_given: bool,
    smoothing: float,
    on_step: Callable[[], None],
    on_solved: Callable[[], None],
) -> World:
    """Solves again with the standing feet held; the first person's feet say where the floor is, unless it is given."""
    floor_known = floor_given
    for index, (problem, state) in enumerate(zip(problems, states, strict=True)):
        planted = pin_feet(problem, state, world, floor_known, floor_given)
        if planted is None:
            on_solved()
            continue
        pinned = replace(problem, pins=planted.pins)
        centres = problem.camera_centres
        state = replace(state, trans=centres + (state.trans - centres) * planted.scale)
        if floor_known:
            clear = clearest_frames(problem.seen.confidence)
            state = replace(state, betas=solve_shape(pinned.slice(clear), state.slice(clear)).betas)
        states[index] = solve_clip(pinned, state, smoothing, on_step)
        on_solved()
        if not floor_given:
            world, floor_known = _on_the_ground(planted.world, planted.levels), True
    return world


def _on_the_ground(world: World, levels: np.ndarray) -> World:
    """`world` lowered to the lowest of the floors that somebody stands on: a roof is not to bury those below it."""
    lowest = levels.min()
    if lowest > -OTHER_FLOOR:
        return world
    ground = float(np.median(levels[levels < lowest + OTHER_FLOOR]))
    return World(world.rotation, world.to_camera(np.array([0.0, 0.0, ground])))


def _centred(world: World, pelvis: np.ndarray) -> World:
    """The same world with its origin on the floor under a point (3,) of camera space."""
    place = world.to_world(pelvis)
    return World(world.rotation, world.to_camera(np.array([place[0], place[1], 0.0])))
