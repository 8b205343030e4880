"""The services of simulation_interfaces by which tests and tools control the simulator.

get_simulator_features, get_simulation_state, set_simulation_state, step_simulation, reset_simulation, get_entities,
get_entity_state. A step is one tick of 10 ms.
"""
from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from simulation_interfaces import srv
from simulation_interfaces.msg import Result, SimulationState, SimulatorFeatures

from robot.ros import stamp
from sim import messages
from sim.simulation import Simulation

_FEATURES = SimulatorFeatures
FEATURES = (_FEATURES.ENTITY_STATE_GETTING, _FEATURES.SIMULATION_RESET, _FEATURES.SIMULATION_RESET_TIME,
            _FEATURES.SIMULATION_RESET_STATE, _FEATURES.SIMULATION_STATE_GETTING, _FEATURES.SIMULATION_STATE_SETTING,
            _FEATURES.SIMULATION_STATE_PAUSE, _FEATURES.STEP_SIMULATION_SINGLE, _FEATURES.STEP_SIMULATION_MULTIPLE)
_ALL = (srv.ResetSimulation.Request.SCOPE_DEFAULT, srv.ResetSimulation.Request.SCOPE_ALL)


class Controlled(Protocol):
    """What can be controlled: the simulator node."""
    simulation: Simulation
    playing: bool

    def play(self, playing: bool) -> None: ...

    def reset(self) -> None: ...

    def steps(self, number: int) -> Awaitable[None]: ...


class SimulationControl:
    """Answers the services; every handler takes and returns the service's own request and response."""

    def __init__(self, simulator: Controlled) -> None:
        self._simulator = simulator

    def offer(self, create_service: Callable[..., Any]) -> None:
        """Make the services with the node's `create_service(type, name, callback)`."""
        for kind, name, answer in ((srv.GetSimulatorFeatures, "get_simulator_features", self.features),
                                   (srv.GetSimulationState, "get_simulation_state", self.state),
                                   (srv.SetSimulationState, "set_simulation_state", self.set_state),
                                   (srv.StepSimulation, "step_simulation", self.step),
                                   (srv.ResetSimulation, "reset_simulation", self.reset),
                                   (srv.GetEntities, "get_entities", self.entities),
                                   (srv.GetEntityState, "get_entity_state", self.entity_state)):
            create_service(kind, name, answer)

    def features(self, request: Any, response: Any) -> Any:
        simulation = self._simulator.simulation
        response.features.features = list(FEATURES)
        response.features.custom_info = f"site {simulation.site.site.id}, story {simulation.story.id}"
        return response

    def state(self, request: Any, response: Any) -> Any:
        paused = (SimulationState.STATE_PAUSED if self._simulator.simulation.ticks else SimulationState.STATE_STOPPED)
        response.state.state = SimulationState.STATE_PLAYING if self._simulator.playing else paused
        response.result.result = Result.RESULT_OK
        return response

    def set_state(self, request: Any, response: Any) -> Any:
        wanted = request.state.state
        if wanted not in (SimulationState.STATE_PLAYING, SimulationState.STATE_PAUSED, SimulationState.STATE_STOPPED):
            return _refused(response, Result.RESULT_FEATURE_UNSUPPORTED,
                            "this simulator can be played, paused and stopped; end it by SIGTERM")
        self._simulator.play(wanted == SimulationState.STATE_PLAYING)
        if wanted == SimulationState.STATE_STOPPED:
            self._simulator.reset()
        response.result.result = Result.RESULT_OK
        return response

    async def step(self, request: Any, response: Any) -> Any:
        if self._simulator.playing:
            return _refused(response, Result.RESULT_INCORRECT_STATE, "pause the simulation first")
        if request.steps:
            await self._simulator.steps(int(request.steps))
        response.result.result = Result.RESULT_OK
        return response

    def reset(self, request: Any, response: Any) -> Any:
        if request.scope not in _ALL:
            return _refused(response, Result.RESULT_FEATURE_UNSUPPORTED,
                            "time and state are reset together: use SCOPE_DEFAULT or SCOPE_ALL")
        self._simulator.reset()
        response.result.result = Result.RESULT_OK
        return response

    def entities(self, request: Any, response: Any) -> Any:
        simulation = self._simulator.simulation
        try:
            wanted = re.compile(request.filters.filter or ".*")
        except re.error as error:
            return _refused(response, Result.RESULT_OPERATION_FAILED,
                            f"{request.filters.filter!r} is no regular expression: {error}")
        response.entities = [name for name in (simulation.site.robot.id, *simulation.world.people)
                             if wanted.fullmatch(name)]
        response.result.result = Result.RESULT_OK
        return response

    def entity_state(self, request: Any, response: Any) -> Any:
        simulation = self._simulator.simulation
        world, at = simulation.world, stamp(simulation.time_s)
        if request.entity == simulation.site.robot.id:
            response.state = messages.entity_state(world.robot_pose, at, world.robot_twist)
        elif request.entity in world.people:
            person = world.people[request.entity]
            x, y, z = person.position
            response.state = messages.entity_state((x, y, person.heading), at, height_m=z)
        else:
            return _refused(response, Result.RESULT_NOT_FOUND, f"no entity {request.entity!r}; ask get_entities")
        response.result.result = Result.RESULT_OK
        return response


def _refused(response: Any, code: int, why: str) -> Any:
    response.result.result, response.result.error_message = code, why
    return response
