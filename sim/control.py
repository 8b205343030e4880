"""The services and the action of simulation_interfaces (1.5) by which tests and tools control the simulator.

A step is one tick of 10 ms. What can be spawned stands still: it is moved by set_entity_state. Worlds are site files
and stories (worlds.py). Every refusal has the result code of the standard and says what to do.
"""
from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Protocol

import numpy as np
from geometry_msgs.msg import Pose as PoseMessage
from geometry_msgs.msg import Quaternion, Vector3
from simulation_interfaces import msg, srv
from simulation_interfaces.action import SimulateSteps
from simulation_interfaces.msg import Bounds, EntityCategory, Result, SimulationState, TagsFilter

from robot.ros import stamp
from sim import messages, worlds
from sim.entities import URI, Entities, Entity, Pose, Refused, Why, spawnable
from sim.simulation import Simulation
from sim.things import KINDS
from sim.worlds import WorldFile

_FEATURES = msg.SimulatorFeatures
FEATURES = (
    _FEATURES.SPAWNING, _FEATURES.DELETING, _FEATURES.NAMED_POSES, _FEATURES.POSE_BOUNDS, _FEATURES.ENTITY_TAGS,
    _FEATURES.ENTITY_BOUNDS, _FEATURES.ENTITY_BOUNDS_BOX, _FEATURES.ENTITY_CATEGORIES, _FEATURES.ENTITY_STATE_GETTING,
    _FEATURES.ENTITY_STATE_SETTING, _FEATURES.ENTITY_INFO_GETTING, _FEATURES.SPAWNABLES, _FEATURES.SIMULATION_RESET,
    _FEATURES.SIMULATION_RESET_TIME, _FEATURES.SIMULATION_RESET_STATE, _FEATURES.SIMULATION_RESET_SPAWNED,
    _FEATURES.SIMULATION_STATE_GETTING, _FEATURES.SIMULATION_STATE_SETTING, _FEATURES.SIMULATION_STATE_PAUSE,
    _FEATURES.STEP_SIMULATION_SINGLE, _FEATURES.STEP_SIMULATION_MULTIPLE, _FEATURES.STEP_SIMULATION_ACTION,
    _FEATURES.WORLD_LOADING, _FEATURES.WORLD_TAGS, _FEATURES.WORLD_UNLOADING, _FEATURES.WORLD_INFO_GETTING,
    _FEATURES.AVAILABLE_WORLDS)
_RESET = srv.ResetSimulation.Request
_CATEGORIES = {"robot": EntityCategory.CATEGORY_ROBOT, "human": EntityCategory.CATEGORY_HUMAN,
               "furniture": EntityCategory.CATEGORY_STATIC_OBJECT, "thing": EntityCategory.CATEGORY_OBJECT}
_WORLD_FRAMES = ("", "world", "map")


class Controlled(Protocol):
    """What can be controlled: the simulator node."""
    simulation: Simulation
    entities: Entities
    playing: bool
    stopped: bool  # at the beginning, and not asked for more
    world: WorldFile | None  # None: unloaded

    def play(self, playing: bool) -> None: ...

    def reset(self, keep_spawned: bool = False) -> None: ...

    def steps(self, number: int) -> Awaitable[None]: ...

    def load(self, site: Any, story: Any, world: WorldFile) -> None: ...

    def unload(self) -> None: ...


def _answers(needs_world: bool = True) -> Callable:
    """Makes a service callback: the result is OK unless the handler raises Refused."""
    def wrap(handle: Callable[..., None]) -> Callable[..., Any]:
        @wraps(handle)
        def callback(self: SimulationControl, request: Any, response: Any) -> Any:
            try:
                if needs_world and self._simulator.world is None:
                    raise Refused(Why.WRONG_STATE, "no world is loaded: call load_world first")
                handle(self, request, response)
                response.result.result = Result.RESULT_OK
            except Refused as refusal:
                _refuse(response, refusal)
            return response
        return callback
    return wrap


def _refuse(response: Any, refusal: Refused) -> None:
    name = refusal.why.value
    code = getattr(Result if name.startswith("RESULT_") else type(response), name)
    response.result.result, response.result.error_message = code, str(refusal)


class SimulationControl:
    """Answers the services; every handler takes and returns the service's own request and response."""

    def __init__(self, simulator: Controlled) -> None:
        self._simulator = simulator

    def offer(self, create_service: Callable[..., Any]) -> None:
        """Make the services with the node's `create_service(type, name, callback)`."""
        for kind, name, answer in (
                (srv.GetSimulatorFeatures, "get_simulator_features", self.features),
                (srv.GetSimulationState, "get_simulation_state", self.state),
                (srv.SetSimulationState, "set_simulation_state", self.set_state),
                (srv.StepSimulation, "step_simulation", self.step),
                (srv.ResetSimulation, "reset_simulation", self.reset),
                (srv.GetEntities, "get_entities", self.entities),
                (srv.GetEntityInfo, "get_entity_info", self.entity_info),
                (srv.GetEntityBounds, "get_entity_bounds", self.entity_bounds),
                (srv.GetEntitiesStates, "get_entities_states", self.entities_states),
                (srv.GetEntityState, "get_entity_state", self.entity_state),
                (srv.SetEntityState, "set_entity_state", self.set_entity_state),
                (srv.GetSpawnables, "get_spawnables", self.spawnables),
                (srv.SpawnEntity, "spawn_entity", self.spawn),
                (srv.DeleteEntity, "delete_entity", self.delete),
                (srv.GetNamedPoses, "get_named_poses", self.named_poses),
                (srv.GetNamedPoseBounds, "get_named_pose_bounds", self.named_pose_bounds),
                (srv.GetAvailableWorlds, "get_available_worlds", self.available_worlds),
                (srv.GetCurrentWorld, "get_current_world", self.current_world),
                (srv.LoadWorld, "load_world", self.load_world),
                (srv.UnloadWorld, "unload_world", self.unload_world)):
            create_service(kind, name, answer)

    # --- time ---------------------------------------------------------------------------------------------------------
    def features(self, request: Any, response: Any) -> Any:
        simulation, world = self._simulator.simulation, self._simulator.world
        response.features.features = list(FEATURES)
        response.features.custom_info = ("no world loaded" if world is None else
                                         f"site {simulation.site.site.id}, story {simulation.story.id}")
        return response

    @_answers(needs_world=False)
    def state(self, request: Any, response: Any) -> None:
        response.state.state = self._state()

    def _state(self) -> int:
        if self._simulator.world is None:
            return SimulationState.STATE_NO_WORLD
        if self._simulator.playing:
            return SimulationState.STATE_PLAYING
        return SimulationState.STATE_STOPPED if self._simulator.stopped else SimulationState.STATE_PAUSED

    @_answers()
    def set_state(self, request: Any, response: Any) -> None:
        wanted = request.state.state
        if wanted not in (SimulationState.STATE_PLAYING, SimulationState.STATE_PAUSED, SimulationState.STATE_STOPPED):
            raise Refused(Why.UNSUPPORTED, "this simulator can be played, paused and stopped; end it by SIGTERM")
        if wanted == self._state():
            raise Refused(Why.SAME_STATE, "the simulation is in that state already")
        self._simulator.play(wanted == SimulationState.STATE_PLAYING)
        self._simulator.stopped = False
        if wanted == SimulationState.STATE_STOPPED:
            self._simulator.reset()

    async def step(self, request: Any, response: Any) -> Any:
        if refusal := self._cannot_step():
            _refuse(response, refusal)
            return response
        if request.steps:
            await self._simulator.steps(int(request.steps))
        response.result.result = Result.RESULT_OK
        return response

    async def simulate_steps(self, goal: Any) -> Any:
        """The action: a step at a time, with feedback."""
        answer, total = SimulateSteps.Result(), int(goal.request.steps)
        if refusal := self._cannot_step():
            _refuse(answer, refusal)
            goal.abort()
            return answer
        for done in range(1, total + 1):
            if goal.is_cancel_requested:
                answer.result.error_message = f"cancelled after {done - 1} of {total} steps"
                answer.result.result = Result.RESULT_OPERATION_FAILED
                goal.canceled()
                return answer
            await self._simulator.steps(1)
            goal.publish_feedback(SimulateSteps.Feedback(completed_steps=done, remaining_steps=total - done))
        answer.result.result = Result.RESULT_OK
        goal.succeed()
        return answer

    def _cannot_step(self) -> Refused | None:
        if self._simulator.world is None:
            return Refused(Why.WRONG_STATE, "no world is loaded: call load_world first")
        if self._simulator.playing:  # the standard's own code for this
            return Refused(Why.IMPOSSIBLE, "pause the simulation first (set_simulation_state)")
        return None

    @_answers()
    def reset(self, request: Any, response: Any) -> None:
        scope = request.scope or _RESET.SCOPE_ALL
        together = _RESET.SCOPE_TIME | _RESET.SCOPE_STATE
        if scope & together not in (0, together):
            raise Refused(Why.UNSUPPORTED, "time and state are reset together: use SCOPE_TIME | SCOPE_STATE, "
                          "SCOPE_SPAWNED or SCOPE_ALL")
        if scope & together:
            self._simulator.reset(keep_spawned=not scope & _RESET.SCOPE_SPAWNED)
            return
        for name, _, _ in self._simulator.entities.spawned():
            self._simulator.entities.delete(name)

    # --- entities -----------------------------------------------------------------------------------------------------
    @_answers()
    def entities(self, request: Any, response: Any) -> None:
        response.entities = [entity.name for entity in self._chosen(request.filters)]

    @_answers()
    def entities_states(self, request: Any, response: Any) -> None:
        response.entities = [entity.name for entity in self._chosen(request.filters)]
        response.states = [self._entity_state(name) for name in response.entities]

    @_answers()
    def entity_info(self, request: Any, response: Any) -> None:
        entity = self._simulator.entities.get(request.entity)
        response.info.category.category = _CATEGORIES[entity.category]
        response.info.description, response.info.tags = entity.description, list(entity.tags)

    @_answers()
    def entity_bounds(self, request: Any, response: Any) -> None:
        response.bounds = _box(*self._simulator.entities.bounds(request.entity))

    @_answers()
    def entity_state(self, request: Any, response: Any) -> None:
        response.state = self._entity_state(request.entity)

    @_answers()
    def set_entity_state(self, request: Any, response: Any) -> None:
        twist = request.state.twist
        self._simulator.entities.get(request.entity)
        if any(getattr(part, axis) for part in (twist.linear, twist.angular) for axis in "xyz"):
            raise Refused(Why.IMPOSSIBLE, "only a pose can be set: leave the twist zero; /cmd_vel drives the robot")
        self._simulator.entities.put(request.entity, _pose(request.state.pose, request.state.header.frame_id))

    @_answers(needs_world=False)
    def spawnables(self, request: Any, response: Any) -> None:
        if request.sources:
            response.result.error_message = f"not searched, only {URI} is known: {', '.join(request.sources)}"
        response.spawnables = [msg.Spawnable(uri=spawnable(kind.name), description=kind.description,
                                             spawn_bounds=_box(*kind.bounds)) for kind in KINDS.values()]

    @_answers()
    def spawn(self, request: Any, response: Any) -> None:
        if not request.uri and request.resource_string:
            raise Refused(Why.UNSUPPORTED, "a resource_string cannot be read here: use a uri of get_spawnables")
        name, space = request.name, request.entity_namespace.strip("/")
        if space and not re.fullmatch(r"[A-Za-z]\w*(/[A-Za-z]\w*)*", space):
            raise Refused(Why.NAMESPACE_INVALID, f"{space!r}: use letters, digits and _, a letter first, / between")
        pose = _pose(request.initial_pose.pose, request.initial_pose.header.frame_id)
        response.entity_name = self._simulator.entities.spawn(f"{space}/{name}" if space and name else name,
                                                              request.uri, pose, request.allow_renaming)

    @_answers()
    def delete(self, request: Any, response: Any) -> None:
        self._simulator.entities.delete(request.entity)

    def _entity_state(self, name: str) -> Any:
        entities, at = self._simulator.entities, stamp(self._simulator.simulation.time_s)
        pose = entities.pose(name)
        x, y, z = pose.position
        state = messages.entity_state((x, y, pose.yaw), at, entities.twist(name), z)
        state.pose.orientation = _quaternion(pose)
        return state

    def _chosen(self, filters: Any) -> list[Entity]:
        try:
            wanted = re.compile(filters.filter or ".*")
        except re.error as error:
            raise Refused(Why.IMPOSSIBLE, f"{filters.filter!r} is no regular expression: {error}") from None
        categories = {category.category for category in filters.categories}
        return [entity for entity in self._simulator.entities.all()
                if wanted.fullmatch(entity.name) and _tagged(entity.tags, filters.tags)
                and (not categories or _CATEGORIES[entity.category] in categories)
                and self._overlaps(entity, filters.bounds)]

    def _overlaps(self, entity: Entity, bounds: Any) -> bool:
        if bounds.type == Bounds.TYPE_EMPTY or not bounds.points:
            return True
        if bounds.type not in (Bounds.TYPE_BOX, Bounds.TYPE_SPHERE) or len(bounds.points) != 2:
            raise Refused(Why.UNSUPPORTED, "bounds must be a box (two corners) or a sphere (middle, radius as x)")
        low, high = self._simulator.entities.bounds(entity.name, in_map=True)
        first, second = (np.array([point.x, point.y, point.z]) for point in bounds.points)
        if bounds.type == Bounds.TYPE_SPHERE:
            return bool(np.linalg.norm(first - np.clip(first, low, high)) <= second[0])
        return bool((np.minimum(first, second) <= high).all() and (np.maximum(first, second) >= low).all())

    # --- places -------------------------------------------------------------------------------------------------------
    @_answers()
    def named_poses(self, request: Any, response: Any) -> None:
        response.poses = [pose for pose, _ in self._places() if _tagged(pose.tags, request.tags)]

    @_answers()
    def named_pose_bounds(self, request: Any, response: Any) -> None:
        bounds = next((bounds for pose, bounds in self._places() if pose.name == request.name), None)
        if bounds is None:
            raise Refused(Why.NOT_FOUND, f"no place {request.name!r}; ask get_named_poses")
        response.bounds = bounds

    def _places(self) -> list[tuple[Any, Any]]:
        """Named poses of the site with the free space around each: rooms, docks, stops of patrols."""
        site = self._simulator.simulation.site
        radius, height = site.robot.radius_m, site.site.map.wall_height_m
        stand = _box(np.array([-radius, -radius, 0.0]), np.array([radius, radius, height]))
        found = []
        for room in site.rooms:
            corners = np.array(room.polygon) - room.center
            found.append((_named(f"room/{room.id}", f"middle of {room.id}", ["room", "spawn"], *room.center, 0.0),
                          _box(np.append(corners.min(axis=0), 0.0), np.append(corners.max(axis=0), height))))
        for dock in site.robot.docks:
            found.append((_named(f"dock/{dock.id}", f"dock in {dock.room}", ["dock", "navigation_goal"], *dock.pose),
                          stand))
        for patrol in site.patrols:
            for number, stop in enumerate(patrol.stops, 1):
                found.append((_named(f"patrol/{patrol.id}/{number}", f"stop of the {patrol.id} patrol in {stop.room}",
                                     ["patrol", "navigation_goal"], *stop.at), stand))
        return found

    # --- worlds -------------------------------------------------------------------------------------------------------
    @_answers(needs_world=False)
    def available_worlds(self, request: Any, response: Any) -> None:
        if request.additional_sources and not request.continue_on_error:
            raise Refused(Why.UNSUPPORTED, "only Anban's own worlds are listed; load_world takes the path of any other")
        response.worlds = [_world(found) for found in worlds.available(self._simulator.simulation.site)
                           if _tagged(found.tags, request.filter)]

    @_answers(needs_world=False)
    def current_world(self, request: Any, response: Any) -> None:
        if self._simulator.world is None:
            raise Refused(Why.NO_WORLD, "no world is loaded: call load_world")
        response.world = _world(self._simulator.world)

    @_answers(needs_world=False)
    def load_world(self, request: Any, response: Any) -> None:
        if not request.uri and request.resource_string:
            raise Refused(Why.UNSUPPORTED, "a resource_string cannot be read here: use the uri of a file")
        site, story, world = worlds.load(request.uri, self._simulator.simulation.site)
        self._simulator.load(site, story, world)
        response.world = _world(world)

    @_answers(needs_world=False)
    def unload_world(self, request: Any, response: Any) -> None:
        if self._simulator.world is None:
            raise Refused(Why.NO_WORLD, "no world is loaded")
        self._simulator.unload()


def _tagged(tags: Any, wanted: Any) -> bool:
    matches = [tag in tags for tag in wanted.tags]
    return not matches or (all(matches) if wanted.filter_mode == TagsFilter.FILTER_MODE_ALL else any(matches))


def _pose(message: PoseMessage, frame: str) -> Pose:
    if frame not in _WORLD_FRAMES:
        raise Refused(Why.INVALID_POSE, f"frame {frame!r} is not known here: give the pose in map")
    q = np.array([message.orientation.w, message.orientation.x, message.orientation.y, message.orientation.z])
    position = np.array([message.position.x, message.position.y, message.position.z])
    if not (np.isfinite(position).all() and 0.99 < np.linalg.norm(q) < 1.01):
        raise Refused(Why.INVALID_POSE, "the position must be finite and the quaternion of length 1")
    return Pose.of(position, q)


def _quaternion(pose: Pose) -> Quaternion:
    w, x, y, z = (float(value) for value in pose.quaternion)
    return Quaternion(w=w, x=x, y=y, z=z)


def _named(name: str, description: str, tags: list[str], x: float, y: float, degrees: float) -> Any:
    pose = PoseMessage(orientation=_quaternion(Pose.standing(x, y, np.radians(degrees))))
    pose.position.x, pose.position.y = float(x), float(y)
    return msg.NamedPose(name=name, description=description, tags=tags, pose=pose)


def _box(low: np.ndarray, high: np.ndarray) -> Any:
    """Upper right corner first, as the standard has it."""
    return Bounds(type=Bounds.TYPE_BOX, points=[Vector3(x=float(x), y=float(y), z=float(z)) for x, y, z in (high, low)])


def _world(world: WorldFile) -> Any:
    return msg.WorldResource(name=world.name, world_resource=msg.Resource(uri=world.uri),
                             description=world.description, tags=list(world.tags))
