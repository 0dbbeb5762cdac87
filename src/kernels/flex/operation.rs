//! Operations with a hand-written backward pass, in burn's graph.

use super::Differentiated;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::backend::BackendTypes;
use burn::tensor::{Tensor, TensorData, TensorPrimitive};
use burn_flex::{Flex, FlexTensor};
use std::fmt;
use std::sync::Arc;

/// A tensor in the graph.
type Tracked = <Differentiated as BackendTypes>::FloatTensorPrimitive;

/// Gradients of inputs from that of the output; the flags say which are wanted.
type Pull<const N: usize> = dyn Fn(FlexTensor, [bool; N]) -> [Option<FlexTensor>; N] + Send + Sync;

#[derive(Clone)]
struct State<const N: usize>(Arc<Pull<N>>);

impl<const N: usize> fmt::Debug for State<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hand-written")
    }
}

#[derive(Debug)]
struct HandWritten;

impl<const N: usize> Backward<Flex, N> for HandWritten {
    type State = State<N>;

    fn backward(self, ops: Ops<State<N>, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let wanted = std::array::from_fn(|input| ops.parents[input].is_some());
        let pulled = (ops.state.0)(gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(pulled) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

/// The place of a tensor in the graph.
pub(super) struct Input(Tracked);

/// A tensor's place in the graph, and its numbers.
pub(super) fn split<const D: usize>(x: Tensor<Differentiated, D>) -> (Input, FlexTensor) {
    let mut tracked = x.into_primitive().tensor();
    let nothing = FlexTensor::from_data(TensorData::new(Vec::<f32>::new(), [0]));
    // The graph does not hold on to the numbers: whoever takes them may be the only one who has them.
    let numbers = std::mem::replace(&mut tracked.primitive, nothing);
    (Input(tracked), numbers)
}

/// The result of an operation as a tensor in the graph; `pull` gives the gradients of its inputs.
pub(super) fn differentiable<const N: usize, const D: usize>(
    inputs: [Input; N],
    output: FlexTensor,
    pull: impl Fn(FlexTensor, [bool; N]) -> [Option<FlexTensor>; N] + Send + Sync + 'static,
) -> Tensor<Differentiated, D> {
    let nodes = inputs.map(|Input(tracked)| tracked.node);
    let operation = Backward::<Flex, N>::prepare::<NoCheckpointing>(HandWritten, nodes);
    let output = match operation.compute_bound().stateful() {
        OpsKind::Tracked(operation) => operation.finish(State(Arc::new(pull)), output),
        OpsKind::UnTracked(operation) => operation.finish(output),
    };
    Tensor::from_primitive(TensorPrimitive::Float(output))
}
