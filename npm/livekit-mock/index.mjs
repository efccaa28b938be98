export { Control, Mock, MockError, allGrants, journey, journeyOnFailure, program, startMock } from "./index.cjs";
